/** A folder of pictures: a subfolder for each class, PNG files in it, all of one size. */
import { join } from 'node:path';
import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png';
import { UserError } from '../base/errors.ts';
import { listFolder, readPlainFile } from './outside-files.ts';
import { imageSizeBytes, makeSplit, type Shape, type Split } from './split.ts';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const LARGEST_IMAGE_BYTES = 1 << 26;
const MOST_CLASSES = 256;

export interface ImageFolder {
  readonly classes: readonly string[];
  readonly split: Split;
}

interface Picture {
  readonly shape: Shape;
  readonly pixels: Uint8Array;
}

/**
 * Reads the classes in the order of their names by code point, and in each the pictures in the order of theirs. A label is a place
 * in that order. Every file must be a picture: what is passed over could be what another reader trains on. `classes` are given where
 * another split has fixed them. Throws UserError 'image-unreadable', 'dataset-parts-differ', 'dataset-unrecognised',
 * 'dataset-link-refused'.
 */
export function readImageFolder(folder: string, classes?: readonly string[]): ImageFolder {
  const entries = listFolder(folder);
  const file = entries.find(({ isFolder }) => !isFolder);
  if (file !== undefined) throw unrecognised(join(folder, file.name), 'lies beside the folders of the classes');
  const names = entries.map(({ name }) => name);
  const all = classes ?? names;
  const stranger = names.find((name) => !all.includes(name));
  if (stranger !== undefined) throw unrecognised(join(folder, stranger), 'is a class that the other split has not');
  if (all.length > MOST_CLASSES) throw unrecognised(folder, `has ${all.length} classes, more than ${MOST_CLASSES}`);

  const paths = names.flatMap((name) => listPictures(join(folder, name)).map((path) => ({ path, name })));
  const [first] = paths;
  if (first === undefined) throw unrecognised(folder, 'holds no picture');
  const { shape } = readPicture(first.path);
  const size = imageSizeBytes(shape);
  const images = new Uint8Array(paths.length * size);
  const labels = new Uint8Array(paths.length);
  paths.forEach(({ path, name }, i) => {
    const picture = readPicture(path);
    if (picture.shape.join() !== shape.join()) {
      const sizes = `is ${picture.shape.join(' x ')}; ${first.path} is ${shape.join(' x ')}`;
      throw new UserError('dataset-parts-differ', `${path} ${sizes} (height x width x channels).`, {
        hint: 'bring all pictures to one size and one colour mode',
      });
    }
    images.set(picture.pixels, i * size);
    labels[i] = all.indexOf(name);
  });
  return { classes: all, split: makeSplit(shape, images, labels) };
}

function listPictures(folder: string): string[] {
  return listFolder(folder).map(({ name, isFolder }) => {
    const path = join(folder, name);
    if (isFolder) throw unrecognised(path, 'is a folder inside the folder of a class');
    return path;
  });
}

function readPicture(path: string): Picture {
  const bytes = readPlainFile(path);
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw unreadable(path, 'it is no PNG');
  // The header first: a small file may claim a picture that fills the memory.
  if (bytes.length < 24 || bytes.readUInt32BE(16) * bytes.readUInt32BE(20) * 4 > LARGEST_IMAGE_BYTES) {
    throw unreadable(path, 'it is cut short, or larger than 64 MiB of pixels');
  }
  let png: DecodedPng;
  try {
    png = decode(bytes, { checkCrc: true });
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return withoutAlpha(path, png);
}

/** Grey and RGB stay as they are, a palette becomes RGB, and an alpha channel must say nothing: a label has no background. */
function withoutAlpha(path: string, png: DecodedPng): Picture {
  const { width, height, palette } = png;
  if (palette === undefined && png.depth !== 8) throw unreadable(path, `it has ${png.depth} bits a channel, not 8`);
  const data = palette === undefined ? png.data : convertIndexedToRgb(png);
  const channels = data.length / (width * height);
  const colours = channels <= 2 ? 1 : 3;
  if (![1, 2, 3, 4].includes(channels)) throw unreadable(path, `it has ${channels} channels`);
  if (channels === colours) return { shape: [height, width, colours], pixels: Uint8Array.from(data) };
  const pixels = new Uint8Array(width * height * colours);
  for (let i = 0; i < width * height; i++) {
    if (data[i * channels + colours] !== 255) throw unreadable(path, 'parts of it are transparent');
    for (let c = 0; c < colours; c++) pixels[i * colours + c] = data[i * channels + c] as number;
  }
  return { shape: [height, width, colours], pixels };
}

function unreadable(path: string, why: string, cause?: unknown): UserError {
  return new UserError('image-unreadable', `${path} cannot be read as a picture: ${why}.`, {
    hint: 'every file in the folder of a class must be a PNG of 8 bits, grey or RGB',
    cause,
  });
}

function unrecognised(path: string, why: string): UserError {
  return new UserError('dataset-unrecognised', `${path} ${why}.`, {
    hint: 'a folder of pictures holds one folder for each class, and nothing but PNG files in these',
  });
}
