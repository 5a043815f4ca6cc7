/** Datasets that Assay did not make, and those that it did: the one reader for whatever folder or file a user points at. */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode, UserError } from '../base/errors.ts';
import { parseCifar } from './cifar.ts';
import { INFO_FILE, readDataset, verifyDataset } from './dataset-folder.ts';
import { type Dataset, SPLIT_NAMES, type SplitName } from './dataset.ts';
import { listFolder, readPlainFile, readUnpacked, type OutsideEntry } from './outside-files.ts';
import { CIFAR_CLASSES, cifarSplitOf, isCifarBatch, readCifarBatches } from './read-cifar-batches.ts';
import { findIdxPairOf, findIdxPairs, readIdxPair, type IdxPair } from './read-idx-pair.ts';
import { readImageFolder } from './read-image-folder.ts';
import type { Split } from './split.ts';

export interface AnyDataset {
  readonly form: 'assay' | 'idx' | 'cifar' | 'images';
  readonly dataset: Dataset;
  /** What its own dataset.json claims and its records do not give; null when all is true, or nothing is claimed. */
  readonly falseClaim: string | null;
}

/**
 * Reads a dataset folder of Assay, a pair of IDX files (one of them, or a folder with MNIST's file names), a CIFAR-10 batch or a
 * folder of them, or a folder of pictures, with or without `train` and `test` above the classes. The path itself may be a link; what
 * lies inside may not. Throws UserError 'dataset-missing', 'dataset-unrecognised' and what the readers of the forms throw.
 */
export function readAnyDataset(path: string): AnyDataset {
  const real = existing(path);
  if (statSync(real).isDirectory()) return readFolder(real);
  return readFile(real);
}

function existing(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
    throw new UserError('dataset-missing', `${path} does not exist.`, { hint: 'correct the path', cause });
  }
}

function readFolder(folder: string): AnyDataset {
  const entries = listFolder(folder);
  const files = entries.filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  if (files.includes(INFO_FILE)) return readOwn(folder);
  const pairs = findIdxPairs(folder, files);
  if (pairs.length > 0) return readPairs(folder, pairs);
  const batches = files.filter(isCifarBatch);
  if (batches.length > 0) return readBatches(folder, batches);
  if (entries.some(({ isFolder }) => isFolder)) return readPictures(folder, entries);
  throw unrecognised(folder, 'holds no dataset in a form that is known');
}

function readFile(path: string): AnyDataset {
  const [folder, name] = [dirname(path), basename(path)];
  if (name === INFO_FILE) return readFolder(folder);
  if (name.replace(/\.gz$/, '').endsWith('.bin')) {
    const split = parseCifar(readUnpacked(path), path);
    return found('cifar', name, CIFAR_CLASSES, { train: null, test: null, [cifarSplitOf(name)]: split });
  }
  const start = readUnpacked(path).subarray(0, 4);
  if (start[0] === 0 && start[1] === 0) return readPairs(folder, [findIdxPairOf(path)]);
  if (isJson(path)) throw unrecognised(path, 'is no dataset but may be a manifest: give it to --against');
  const bytes = start.length === 0 ? 'is empty' : `begins with the bytes ${start.toString('hex')}`;
  throw unrecognised(path, `${bytes}: it is neither IDX nor a CIFAR-10 batch (.bin)`);
}

/** The records are read whatever dataset.json claims of them: what was altered must be found, not refused. */
function readOwn(folder: string): AnyDataset {
  try {
    return { form: 'assay', dataset: verifyDataset(folder), falseClaim: null };
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'dataset-corrupt')) throw error;
    return { form: 'assay', dataset: readDataset(folder), falseClaim: error.message };
  }
}

function readPairs(folder: string, pairs: readonly IdxPair[]): AnyDataset {
  const read = (name: SplitName): Split | null => {
    const pair = pairs.find(({ split }) => split === name);
    return pair === undefined ? null : readIdxPair(folder, pair);
  };
  const splits = { train: read('train'), test: read('test') };
  if (splits.train && splits.test && splits.train.shape.join() !== splits.test.shape.join()) {
    throw shapesDiffer(folder, splits.train, splits.test);
  }
  return found('idx', basename(folder), numbered(splits), splits);
}

function readBatches(folder: string, names: readonly string[]): AnyDataset {
  const read = (wanted: SplitName): Split | null =>
    readCifarBatches(
      folder,
      names.filter((name) => cifarSplitOf(name) === wanted),
    );
  return found('cifar', basename(folder), CIFAR_CLASSES, { train: read('train'), test: read('test') });
}

/** `train` and `test` alone are splits, not classes, when folders lie in them. */
function readPictures(folder: string, entries: readonly OutsideEntry[]): AnyDataset {
  const areSplits = entries.every(
    ({ name, isFolder }) =>
      isFolder && SPLIT_NAMES.includes(name as SplitName) && listFolder(join(folder, name)).some((one) => one.isFolder),
  );
  if (!areSplits) {
    const { classes, split } = readImageFolder(folder);
    return found('images', basename(folder), classes, { train: split, test: null });
  }
  const has = (name: SplitName): boolean => entries.some((entry) => entry.name === name);
  const train = has('train') ? readImageFolder(join(folder, 'train')) : null;
  const test = has('test') ? readImageFolder(join(folder, 'test'), train?.classes) : null;
  if (train && test && train.split.shape.join() !== test.split.shape.join()) {
    throw shapesDiffer(folder, train.split, test.split);
  }
  const splits = { train: train?.split ?? null, test: test?.split ?? null };
  return found('images', basename(folder), (train ?? test)?.classes ?? [], splits);
}

function found(
  form: AnyDataset['form'],
  name: string,
  classes: readonly string[],
  { train, test }: Pick<Dataset, SplitName>,
): AnyDataset {
  const shape = (train ?? test)?.shape ?? [1, 1, 1];
  const source = { kind: 'derived', operation: 'read', parents: [] } as const;
  return { form, dataset: { name, classes, shape, train, test, source }, falseClaim: null };
}

/** IDX files do not name their classes: as many as the labels need, named by number. */
function numbered(splits: Pick<Dataset, SplitName>): string[] {
  const highest = SPLIT_NAMES.flatMap((name) => splits[name]?.labels.reduce((a, b) => Math.max(a, b), 0) ?? []);
  return Array.from({ length: 1 + Math.max(0, ...highest) }, (_, label) => String(label));
}

function isJson(path: string): boolean {
  return /^\s*\{/.test(readPlainFile(path).toString('utf8', 0, 100));
}

function shapesDiffer(folder: string, train: Split, test: Split): UserError {
  const sizes = `${train.shape.join(' x ')} to train on and of ${test.shape.join(' x ')} to test on`;
  return new UserError('dataset-parts-differ', `${folder} holds images of ${sizes}.`, {
    hint: 'the files are not of one dataset',
  });
}

function unrecognised(path: string, what: string): UserError {
  return new UserError('dataset-unrecognised', `${path} ${what}.`, {
    hint: "known are: a stage's dataset, IDX files with MNIST's names (.gz too), CIFAR-10 batches, a folder of PNGs for each class",
  });
}
