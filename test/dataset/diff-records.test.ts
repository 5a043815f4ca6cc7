import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRecords } from '../../lib/dataset/compare-records.ts';
import { diffRecords, knownRecords } from '../../lib/dataset/diff-records.ts';
import { findDuplicates } from '../../lib/dataset/find-duplicates.ts';
import { rangesText } from '../../lib/dataset/index-ranges.ts';
import { nearestRecords, squaredDistance } from '../../lib/dataset/nearest-records.ts';
import { imageAt, makeSplit, type Split } from '../../lib/dataset/split.ts';
import { anySplit, tinySplit } from '../support/splits.ts';

const NOTHING = { added: [], removed: [], relabelled: [], changed: [], moved: [] };

function diff(before: Split, after: Split) {
  return diffRecords(knownRecords(before), { ...knownRecords(after), images: after });
}

/** Few pixel values, so that equal records and equal pixels are common. */
const dense = anySplit([1, 1, 1], 12).map((split) => ({ ...split, images: split.images.map((pixel) => pixel % 4) }));

describe('diffRecords', () => {
  const [A, B, C, X] = [[0, 10] as const, [1, 20] as const, [2, 30] as const, [1, 99] as const];

  it('puts every record that differs in one list', () => {
    expect(diff(tinySplit(A, B), tinySplit(A, B))).toEqual(NOTHING);
    expect(diff(tinySplit(A, B), tinySplit(A, B, X))).toEqual({ ...NOTHING, added: [2] });
    expect(diff(tinySplit(A, B, C), tinySplit(B, C))).toEqual({ ...NOTHING, removed: [0] });
    expect(diff(tinySplit(A, B), tinySplit(A, X))).toEqual({ ...NOTHING, changed: [1] });
    expect(diff(tinySplit(A, B), tinySplit(A, [2, 20]))).toEqual({
      ...NOTHING,
      relabelled: [{ before: 1, after: 1 }],
    });
  });

  it('knows a relabelled record where it stands elsewhere now', () => {
    expect(diff(tinySplit(A, B, C), tinySplit(X, A, B, [7, 30]))).toEqual({
      ...NOTHING,
      added: [0],
      relabelled: [{ before: 2, after: 3 }],
    });
  });

  it('names the fewest records that moved', () => {
    expect(diff(tinySplit(A, B, C), tinySplit(B, C, A)).moved).toEqual([{ before: 0, after: 2 }]);
  });

  it('says the same of published digests and labels as of the records themselves', () => {
    fc.assert(
      fc.property(dense, dense, (before, after) => {
        const published = { ...knownRecords(before), images: null };
        const [known, blind] = [diff(before, after), diffRecords(published, { ...knownRecords(after), images: after })];
        // Of several candidates either may be taken, and leave another place to be called changed.
        const sums = ({ added, removed, relabelled, changed, moved }: typeof known) => ({
          came: added.length + changed.length,
          went: removed.length + changed.length,
          relabelled: relabelled.length,
          moved: moved.length,
        });
        expect(sums(blind)).toEqual(sums(known));
      }),
      { numRuns: 300 },
    );
  });

  it('accounts for what compareRecords finds, relabelled records apart', () => {
    fc.assert(
      fc.property(dense, dense, (before, after) => {
        const [found, all] = [diff(before, after), compareRecords(before, after)];
        expect(found.added.length + found.changed.length + found.relabelled.length).toBe(
          all.added.length + all.changed.length,
        );
        expect(found.moved.length > 0).toBe(all.reordered);
        for (const pair of found.relabelled) {
          expect(imageAt(before, pair.before)).toEqual(imageAt(after, pair.after));
          expect(before.labels[pair.before]).not.toBe(after.labels[pair.after]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('findDuplicates', () => {
  it('groups equal records, and equal pixels under several labels', () => {
    const split = tinySplit([0, 5], [1, 6], [0, 5], [2, 6], [0, 5], [3, 9]);
    expect(findDuplicates(split)).toEqual({ records: [[0, 2, 4]], labelConflicts: [[1, 3]] });
  });

  it('takes no two pictures for one because the number made of their pixels is the same', () => {
    // 31 * 1 + 0 = 31 * 0 + 31, of the first pixel and the sixth; the last two differ in none that is looked at.
    const pictures = [
      [1, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 31],
      [1, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 31],
      [1, 0, 0, 9, 0, 0],
    ];
    const split = makeSplit([1, 6, 1], Uint8Array.from(pictures.flat()), Uint8Array.from([0, 1, 2, 1, 3]));
    expect(findDuplicates(split)).toEqual({ records: [[1, 3]], labelConflicts: [[0, 2]] });
  });
});

describe('nearestRecords', () => {
  const shapes = fc.constantFrom([1, 1, 1] as const, [9, 8, 1] as const, [3, 15, 3] as const, [2, 2, 6] as const);

  it('finds what comparing with every record finds, the first of equals', () => {
    const pair = shapes.chain((shape) => fc.tuple(anySplit([...shape], 6), anySplit([...shape], 150)));
    fc.assert(
      fc.property(pair, fc.constantFrom(1, 2, 100), ([queries, split], coarse) => {
        const rounded = (one: Split): Split => ({ ...one, images: one.images.map((p) => p - (p % coarse)) });
        const [from, to] = [rounded(queries), rounded(split)];
        const indexes = [...Array(from.count).keys()];
        const expected = indexes.map((index) => {
          const all = [...Array(to.count).keys()].map((i) =>
            squaredDistance(imageAt(from, index), imageAt(to, i), Infinity),
          );
          const squared = Math.min(...all);
          return to.count === 0 ? null : { index: all.indexOf(squared), squared };
        });
        expect(nearestRecords(from, indexes, to)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('rangesText', () => {
  it('joins neighbours, and ends where there are more', () => {
    expect(rangesText([])).toBe('');
    expect(rangesText([3])).toBe('3');
    expect(rangesText([0, 1, 2, 5, 7, 8])).toBe('0-2, 5, 7-8');
    expect(rangesText([0, 2, 4, 6], 2)).toBe('0, 2, …');
  });
});
