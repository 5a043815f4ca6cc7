/** A part of a split, for experiments that do not need all of it. */
import type { SplitName } from '../../../lib/dataset/dataset.ts';
import { selectRecords, type Split } from '../../../lib/dataset/split.ts';
import { stream } from '../rng.ts';

/**
 * The first `limit` records of a seeded shuffle, put back in the order of the file; all when `limit` is null. With one seed a
 * smaller limit takes a part of what a larger one takes. Classes come out as balanced as chance has it.
 */
export function limitSplit(split: Split | null, limit: number | null, seed: number, part: SplitName): Split | null {
  if (split === null || limit === null || limit >= split.count) return split;
  return selectRecords(split, stream(seed, 'fetch', part).sample(split.count, limit).sort());
}
