/** A dataset as a folder: dataset.json, and for each split an IDX file of images and one of labels. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { systemErrorCode, UserError } from '../base/errors.ts';
import { type Dataset, type DatasetInfo, type PerSplit, SPLIT_NAMES, type SplitName } from './dataset.ts';
import { encodeIdx, parseIdx } from './idx.ts';
import { recordManifest, type RecordManifest } from './record-manifest.ts';
import { imageSizeBytes, makeSplit, type Shape, type Split } from './split.ts';

export const INFO_FILE = 'dataset.json';
const imagesFile = (name: SplitName): string => `${name}-images.idx`;
const labelsFile = (name: SplitName): string => `${name}-labels.idx`;

/** Writes the folder's files. The bytes depend on nothing but the dataset. Not durable: the engine stores outputs durably. */
export function writeDataset(folder: string, dataset: Dataset): void {
  mkdirSync(folder, { recursive: true });
  for (const name of SPLIT_NAMES) {
    const split = dataset[name];
    if (split === null) continue;
    writeFileSync(join(folder, imagesFile(name)), encodeIdx(imageDimensions(split), split.images));
    writeFileSync(join(folder, labelsFile(name)), encodeIdx([split.count], split.labels));
  }
  writeFileSync(join(folder, INFO_FILE), `${JSON.stringify(describeDataset(dataset), null, 2)}\n`);
}

/** What dataset.json says of a dataset. */
function describeDataset(dataset: Dataset): DatasetInfo {
  const manifestOf = (split: Split | null): RecordManifest | null =>
    split === null ? null : recordManifest(split, dataset.classes.length);
  const manifests: PerSplit<RecordManifest> = { train: manifestOf(dataset.train), test: manifestOf(dataset.test) };
  const each = <T>(read: (manifest: RecordManifest) => T): PerSplit<T> => ({
    train: manifests.train && read(manifests.train),
    test: manifests.test && read(manifests.test),
  });
  return {
    format: 'assay-dataset/v1',
    name: dataset.name,
    shape: dataset.shape,
    classes: dataset.classes,
    counts: each((manifest) => manifest.count),
    perClass: each((manifest) => manifest.perClass),
    recordsRoot: each((manifest) => manifest.root),
    recordsMultiset: each((manifest) => manifest.multiset),
    source: dataset.source,
  };
}

/** Where a dataset's files are read from: the bytes under a name, or undefined. `place`: what stands for them in errors. */
interface Files {
  readonly place: string;
  readonly read: (name: string) => Buffer | undefined;
}

/** Reads dataset.json alone. Throws UserError 'dataset-missing' or 'dataset-corrupt'. */
export function readDatasetInfo(folder: string): DatasetInfo {
  return readInfo(filesOf(folder));
}

function readInfo(files: Files): DatasetInfo {
  const path = join(files.place, INFO_FILE);
  const text = readOrThrow(files, INFO_FILE).toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, `is not JSON: ${(cause as Error).message}`);
  }
  const parsed = INFO_SCHEMA.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw corrupt(path, `at "${issue?.path.join('.')}": ${issue?.message}`);
}

/**
 * Reads a dataset folder and checks that its files agree: shapes, counts, labels within the classes. The record digests are not
 * computed; verifyDataset does that. Throws UserError 'dataset-missing', 'dataset-corrupt' or 'idx-corrupt'.
 */
export function readDataset(folder: string): Dataset {
  return readFrom(filesOf(folder));
}

/** The same from bytes that lie elsewhere, as in the store. */
export function readDatasetFiles(read: Files['read']): Dataset {
  return readFrom({ place: '', read });
}

function readFrom(files: Files): Dataset {
  const info = readInfo(files);
  const read = (name: SplitName): Split | null => (info.counts[name] === null ? null : readSplit(files, info, name));
  const { name, classes, shape, source } = info;
  return { name, classes, shape, train: read('train'), test: read('test'), source };
}

/** Reads the folder and recomputes all that its dataset.json claims. Throws as readDataset, and 'dataset-corrupt' on a false claim. */
export function verifyDataset(folder: string): Dataset {
  return verifyFrom(filesOf(folder));
}

/** The same of bytes that lie elsewhere, as in the store. */
export function verifyDatasetFiles(read: Files['read']): Dataset {
  return verifyFrom({ place: '', read });
}

function verifyFrom(files: Files): Dataset {
  const dataset = readFrom(files);
  const claimed = readInfo(files);
  const actual = describeDataset(dataset);
  for (const field of ['counts', 'perClass', 'recordsRoot', 'recordsMultiset'] as const) {
    const [claim, truth] = [JSON.stringify(claimed[field]), JSON.stringify(actual[field])];
    if (claim !== truth)
      throw corrupt(join(files.place, INFO_FILE), `claims ${field} ${claim}, but the records give ${truth}`);
  }
  return dataset;
}

function readSplit(files: Files, info: DatasetInfo, name: SplitName): Split {
  const [imagesPath, labelsPath] = [join(files.place, imagesFile(name)), join(files.place, labelsFile(name))];
  const images = parseIdx(readOrThrow(files, imagesFile(name)), imagesPath);
  const labels = parseIdx(readOrThrow(files, labelsFile(name)), labelsPath);
  const count = info.counts[name] as number;
  const wanted = imageDimensions({ shape: info.shape, count }).join(' x ');
  if (images.dimensions.join(' x ') !== wanted) {
    throw corrupt(imagesPath, `holds ${images.dimensions.join(' x ')} values; ${INFO_FILE} says ${wanted}`);
  }
  if (labels.dimensions.join(' x ') !== String(count)) {
    throw corrupt(labelsPath, `holds ${labels.dimensions.join(' x ')} labels; ${INFO_FILE} says ${count}`);
  }
  const strange = labels.values.findIndex((label) => label >= info.classes.length);
  if (strange >= 0) {
    throw corrupt(
      labelsPath,
      `gives record ${strange} the label ${labels.values[strange]}; there are ${info.classes.length} classes`,
    );
  }
  return makeSplit(info.shape, images.values, labels.values);
}

/** Grey images have three dimensions, as in MNIST's own files; those with channels have four. */
function imageDimensions(split: { readonly shape: Shape; readonly count: number }): number[] {
  const [height, width, channels] = split.shape;
  return channels === 1 ? [split.count, height, width] : [split.count, height, width, channels];
}

function filesOf(folder: string): Files {
  const read = (name: string): Buffer | undefined => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) throw error;
      return undefined;
    }
  };
  return { place: folder, read };
}

function readOrThrow({ place, read }: Files, name: string): Buffer {
  const bytes = read(name);
  if (bytes !== undefined) return bytes;
  throw new UserError('dataset-missing', `${join(place, name)} does not exist, so its folder is no dataset.`, {
    hint: 'give a folder that a stage wrote as an output of kind dataset',
  });
}

function corrupt(path: string, what: string): UserError {
  return new UserError('dataset-corrupt', `${path} ${what}.`, {
    hint: 'rerun the stage that made the dataset: assay run --force <stage>',
  });
}

const COUNT = z.int().nonnegative();
const DIGEST = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a digest');
const perSplit = <T extends z.ZodType>(schema: T) => z.object({ train: schema.nullable(), test: schema.nullable() });
const SIDE = z.int().positive();

const INFO_SCHEMA = z
  .object({
    format: z.literal('assay-dataset/v1'),
    name: z.string(),
    shape: z.tuple([SIDE, SIDE, SIDE]).refine((shape) => imageSizeBytes(shape) <= 1 << 26, 'images of over 64 MiB'),
    classes: z.array(z.string()).min(1).max(256),
    counts: perSplit(COUNT),
    perClass: perSplit(z.array(COUNT)),
    recordsRoot: perSplit(DIGEST),
    recordsMultiset: perSplit(DIGEST),
    source: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('generated'), generator: z.string(), seed: z.int() }),
      z.object({ kind: z.literal('published'), files: z.array(z.object({ name: z.string(), digest: DIGEST })) }),
      z.object({ kind: z.literal('derived'), operation: z.string(), parents: z.array(z.string()) }),
    ]),
  })
  .readonly();
