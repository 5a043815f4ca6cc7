/** Wrong labels at random: the plainest way to lower a model's accuracy as a whole. */
import { makeSplit, type Split } from '../../../lib/dataset/split.ts';
import { stream } from '../rng.ts';

/**
 * The same images, of which round(fraction * count) get one of the other labels, each equally likely. A larger fraction flips the
 * records of a smaller one first, to the same labels.
 */
export function flipLabels(records: Split, classCount: number, fraction: number, seed: number): Split {
  const labels = Uint8Array.from(records.labels);
  const order = stream(seed, 'flips').permutation(records.count);
  const rng = stream(seed, 'flips', 'labels');
  for (const index of order.subarray(0, Math.round(fraction * records.count))) {
    labels[index] = (labels[index]! + 1 + rng.below(classCount - 1)) % classCount;
  }
  return makeSplit(records.shape, records.images, labels);
}
