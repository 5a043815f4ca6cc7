/** Images and labels in two IDX files, raw or under gzip, told apart by their names as MNIST's are. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compareUtf8 } from '../base/canonical-json.ts';
import { UserError } from '../base/errors.ts';
import type { SplitName } from './dataset.ts';
import { parseIdx } from './idx.ts';
import { readUnpacked } from './outside-files.ts';
import { imageSizeBytes, makeSplit, type Shape, type Split } from './split.ts';

/** `train-images-idx3-ubyte.gz`, `t10k-images.idx3-ubyte`, `test-images.idx`, `images.idx3`. */
const IMAGES_NAME = /^(.*?)images([-.]idx[34])?([-.]ubyte|\.idx)?(\.gz)?$/;
const LARGEST_IMAGE_BYTES = 1 << 26;

export interface IdxPair {
  readonly split: SplitName;
  readonly images: string;
  readonly labels: string;
}

/** The pairs among the names of a folder: at most one a split. Throws UserError 'dataset-part-missing' and 'dataset-ambiguous'. */
export function findIdxPairs(folder: string, names: readonly string[]): readonly IdxPair[] {
  const pairs = names.filter((name) => IMAGES_NAME.test(name)).map((name) => pairOf(folder, name, names));
  for (const [i, { split, images }] of pairs.entries()) {
    const other = pairs.slice(0, i).find((pair) => pair.split === split);
    if (other !== undefined) throw ambiguous(folder, other.images, images);
  }
  return pairs;
}

/** The pair that a file of images or of labels belongs to. Throws as findIdxPairs does. */
export function findIdxPairOf(path: string): IdxPair {
  const [folder, name] = [dirname(path), basename(path)];
  // What else lies in the folder is nobody's business here: a link there is not read.
  const names = readdirSync(folder).sort(compareUtf8);
  if (IMAGES_NAME.test(name)) return pairOf(folder, name, names);
  const images = names.filter((each) => IMAGES_NAME.test(each) && labelNames(each).includes(name));
  const [only, another] = images;
  if (only === undefined) throw partMissing(path, 'its images', name.replace('labels', 'images'));
  if (another !== undefined) throw ambiguous(folder, only, another);
  return pairOf(folder, only, names);
}

/** Reads a pair. Throws UserError 'idx-corrupt', 'dataset-parts-differ' and what reading a file throws. */
export function readIdxPair(folder: string, pair: IdxPair): Split {
  const [imagesPath, labelsPath] = [join(folder, pair.images), join(folder, pair.labels)];
  const images = parseIdx(readUnpacked(imagesPath), imagesPath);
  const labels = parseIdx(readUnpacked(labelsPath), labelsPath);
  const [count, height, width, channels = 1] = images.dimensions;
  const isImages = images.dimensions.length === 3 || images.dimensions.length === 4;
  const shape: Shape = [height ?? 0, width ?? 0, channels];
  if (!isImages || imageSizeBytes(shape) === 0 || imageSizeBytes(shape) > LARGEST_IMAGE_BYTES) {
    throw partsDiffer(imagesPath, `holds ${images.dimensions.join(' x ')} values, which are no images`);
  }
  if (labels.dimensions.length !== 1 || labels.dimensions[0] !== count) {
    const held = `${labels.dimensions.join(' x ')} labels`;
    throw partsDiffer(labelsPath, `holds ${held}; ${pair.images} holds ${count} images`);
  }
  return makeSplit(shape, images.values, labels.values);
}

function pairOf(folder: string, images: string, names: readonly string[]): IdxPair {
  // Two versions of one file: which of them was meant, a reader cannot know.
  const twin = images.endsWith('.gz') ? images.slice(0, -3) : `${images}.gz`;
  if (names.includes(twin)) throw ambiguous(folder, ...([images, twin].sort() as [string, string]));
  const [labels, another] = labelNames(images).filter((name) => names.includes(name));
  if (labels === undefined) throw partMissing(join(folder, images), 'its labels', labelNames(images)[0] as string);
  if (another !== undefined) throw ambiguous(folder, labels, another);
  const split = /^(t10k|test)/.test(images) ? 'test' : 'train';
  return { split, images, labels };
}

/** The names that the file of labels may have: compressed or not, whatever the images are. */
function labelNames(images: string): readonly string[] {
  const plain = images
    .replace(/\.gz$/, '')
    .replace('images', 'labels')
    .replace(/idx[34]/, 'idx1');
  return images.endsWith('.gz') ? [`${plain}.gz`, plain] : [plain, `${plain}.gz`];
}

function partMissing(path: string, part: string, name: string): UserError {
  return new UserError('dataset-part-missing', `${path} has not ${part} beside it.`, { hint: `put ${name} there` });
}

function ambiguous(folder: string, one: string, other: string): UserError {
  return new UserError('dataset-ambiguous', `${folder} holds both ${one} and ${other} for one set of records.`, {
    hint: 'leave the one that is meant',
  });
}

function partsDiffer(path: string, what: string): UserError {
  return new UserError('dataset-parts-differ', `${path} ${what}.`, { hint: 'the files are not of one dataset' });
}
