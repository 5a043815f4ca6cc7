/** From the published files to records. */
import { parseCifar } from '../../../lib/dataset/cifar.ts';
import { type Dataset, type SplitName } from '../../../lib/dataset/dataset.ts';
import { parseIdx } from '../../../lib/dataset/idx.ts';
import { joinSplits, makeSplit, type Split } from '../../../lib/dataset/split.ts';
import { StageError } from '../../../lib/stage-api/stage-error.ts';
import {
  CATALOGUE,
  CIFAR_TEST_NAME,
  cifarBatchName,
  IDX_NAMES,
  type Content,
  type PublishedDataset,
  type PublishedName,
} from './catalogue.ts';
import type { Contents } from './content.ts';

/** The files that the asked-for records are in: all of MNIST's four, of CIFAR-10 only the asked-for batches. */
export function wantedContents(name: PublishedName, batches: readonly number[]): readonly Content[] {
  const { contents } = CATALOGUE[name];
  if (name !== 'cifar10') return contents;
  const names = new Set([...batches.map(cifarBatchName), CIFAR_TEST_NAME]);
  return contents.filter((content) => names.has(content.name));
}

/** Parses proved contents. Throws StageError 'dataset-count-wrong' when they hold another number of records than is known. */
export function readPublished(name: PublishedName, batches: readonly number[], contents: Contents): Dataset {
  const published = CATALOGUE[name];
  const train = name === 'cifar10' ? readBatches(batches, contents) : readIdxSplit('train', published, contents);
  const test =
    name === 'cifar10'
      ? parseCifar(contents.get(CIFAR_TEST_NAME) as Uint8Array, CIFAR_TEST_NAME)
      : readIdxSplit('test', published, contents);
  const files = wantedContents(name, batches).map((content) => ({ name: content.name, digest: content.digest }));
  const { classes, shape } = published;
  return { name, classes, shape, train, test, source: { kind: 'published', files } };
}

function readBatches(batches: readonly number[], contents: Contents): Split {
  return batches
    .map(cifarBatchName)
    .map((name) => parseCifar(contents.get(name) as Uint8Array, name))
    .reduce(joinSplits);
}

function readIdxSplit(part: SplitName, published: PublishedDataset, contents: Contents): Split {
  const names = IDX_NAMES[part];
  const images = parseIdx(contents.get(names.images) as Uint8Array, names.images);
  const labels = parseIdx(contents.get(names.labels) as Uint8Array, names.labels);
  const count = published.counts[part];
  const expected = [count, published.shape[0], published.shape[1]].join(' x ');
  expectDimensions(names.images, expected, images.dimensions.join(' x '));
  expectDimensions(names.labels, String(count), labels.dimensions.join(' x '));
  return makeSplit(published.shape, images.values, labels.values);
}

function expectDimensions(name: string, expected: string, found: string): void {
  if (expected === found) return;
  throw new StageError('dataset-count-wrong', `${name} holds ${found} values: expected ${expected}.`, {
    hint: 'replace the file: it is not the published one',
  });
}
