/** Records that a split holds more than once, and pixels that it holds under several labels. */
import { groupBy } from '../base/group-by.ts';
import { identities } from './compare-records.ts';
import { recordDigests } from './record-digest.ts';
import { imageAt, imageSizeBytes, type Split } from './split.ts';

/** Each group has at least two indexes, ascending; groups in the order of their first. */
export interface Duplicates {
  /** Label and pixels alike. */
  readonly records: readonly (readonly number[])[];
  /** Pixels alike, labels not: at most one of them is right. */
  readonly labelConflicts: readonly (readonly number[])[];
}

export function findDuplicates(split: Split): Duplicates {
  const alike = [...groupBy(split.labels.keys(), pixelKeys(split)).values()].filter((group) => group.length > 1);
  const conflicts = alike
    .flatMap((group) => [...groupBy(group, (index) => pixelText(split, index)).values()])
    .filter((group) => new Set(group.map((index) => split.labels[index])).size > 1)
    .sort(([a], [b]) => (a as number) - (b as number));
  return { records: findRepeated(recordDigests(split)), labelConflicts: conflicts };
}

/** Of an image, a number is made of every fifth byte: of each place in a row of 28 or of 32 pixels, in turn. */
const STRIDE = 5;

/** A number for each record's pixels: where two differ, so do the pixels; where they are equal, one has to look. Cheaper than a digest. */
function pixelKeys(split: Split): (index: number) => number {
  const size = imageSizeBytes(split.shape);
  return (index) => {
    let key = 0;
    const end = (index + 1) * size;
    for (let at = index * size; at < end; at += STRIDE) key = (Math.imul(key, 31) + split.images[at]!) | 0;
    return key;
  };
}

function pixelText(split: Split, index: number): string {
  return Buffer.from(imageAt(split, index)).toString('latin1');
}

/** Groups of equal records, given by their digests. */
export function findRepeated(digests: Uint8Array): readonly (readonly number[])[] {
  const names = identities(digests);
  return [...groupBy(names.keys(), (index) => names[index]).values()].filter((group) => group.length > 1);
}
