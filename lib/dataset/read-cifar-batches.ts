/** CIFAR-10's binary batches as they are published: data_batch_1.bin to data_batch_5.bin and test_batch.bin. */
import { join } from 'node:path';
import { parseCifar } from './cifar.ts';
import type { SplitName } from './dataset.ts';
import { readUnpacked } from './outside-files.ts';
import { joinSplits, type Split } from './split.ts';

/** In the order of the labels (batches.meta.txt of the published archive). */
export const CIFAR_CLASSES: readonly string[] = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer'],
  ...['dog', 'frog', 'horse', 'ship', 'truck'],
];

const TRAIN_NAME = /^data_batch_(\d+)\.bin(\.gz)?$/;
const TEST_NAME = /^test_batch\.bin(\.gz)?$/;

export function isCifarBatch(name: string): boolean {
  return TRAIN_NAME.test(name) || TEST_NAME.test(name);
}

export function cifarSplitOf(name: string): SplitName {
  return TEST_NAME.test(name) ? 'test' : 'train';
}

/** Reads batches in the order of their numbers, as one split; null when there are none. Throws UserError 'cifar-corrupt'. */
export function readCifarBatches(folder: string, names: readonly string[]): Split | null {
  const inOrder = [...names].sort((a, b) => batchNumber(a) - batchNumber(b));
  const splits = inOrder.map((name) => parseCifar(readUnpacked(join(folder, name)), join(folder, name)));
  return splits.length === 0 ? null : splits.reduce(joinSplits);
}

function batchNumber(name: string): number {
  return Number(TRAIN_NAME.exec(name)?.[1] ?? 0);
}
