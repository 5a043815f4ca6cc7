import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRecords } from '../../lib/dataset/compare-records.ts';
import { joinSplits, makeSplit, selectRecords, type Split } from '../../lib/dataset/split.ts';
import { anySplit, tinySplit } from '../support/splits.ts';

const A = [0, 10] as const;
const B = [1, 20] as const;
const C = [2, 30] as const;
const X = [1, 99] as const;
const NOTHING = { added: [], removed: [], changed: [], relabelled: [], reordered: false };

function changes(before: Split, after: Split) {
  const { perClass: _, ...rest } = compareRecords(before, after);
  return rest;
}

describe('compareRecords', () => {
  it('of equal splits is empty', () => {
    expect(changes(tinySplit(A, B, C), tinySplit(A, B, C))).toEqual(NOTHING);
    expect(changes(tinySplit(), tinySplit())).toEqual(NOTHING);
  });

  it('finds what was appended, inserted and taken out, without calling the rest reordered', () => {
    expect(changes(tinySplit(A, B), tinySplit(A, B, X))).toEqual({ ...NOTHING, added: [2] });
    expect(changes(tinySplit(A, B, C), tinySplit(A, X, B, C))).toEqual({ ...NOTHING, added: [1] });
    expect(changes(tinySplit(A, B, C), tinySplit(B, C))).toEqual({ ...NOTHING, removed: [0] });
    expect(changes(tinySplit(A, B, A), tinySplit(A, A, B, A))).toEqual({ ...NOTHING, added: [1] });
  });

  it('calls a record altered in its place changed, not removed and added', () => {
    expect(changes(tinySplit(A, B, C), tinySplit(A, X, C))).toEqual({ ...NOTHING, changed: [1] });
    expect(changes(tinySplit(A, B, C), tinySplit(A, X, C, X))).toEqual({ ...NOTHING, changed: [1], added: [3] });
  });

  it('knows a new label on old pixels', () => {
    expect(changes(tinySplit(A, B), tinySplit(A, [7, B[1]]))).toEqual({ ...NOTHING, changed: [1], relabelled: [1] });
  });

  it('calls records that only moved reordered, and nothing else', () => {
    expect(changes(tinySplit(A, B, C), tinySplit(C, A, B))).toEqual({ ...NOTHING, reordered: true });
  });

  it('counts by class: new labels for what came, old labels for what went or changed', () => {
    const { perClass } = compareRecords(tinySplit(A, B, C, C), tinySplit(A, [0, B[1]], X, X, [2, 5]));
    expect(perClass).toEqual({ added: [0, 0, 1], removed: [0, 0, 0], changed: [0, 1, 2], relabelled: [0, 1, 0] });
  });

  it('refuses to compare images of two shapes', () => {
    const wide = makeSplit([1, 2, 1], new Uint8Array(2), new Uint8Array(1));
    expect(() => compareRecords(tinySplit(A), wide)).toThrow(
      expect.objectContaining({
        code: 'dataset-shapes-differ',
        message: 'cannot compare images of 1x1x1 with images of 1x2x1: no record can be in both.',
      }),
    );
  });

  it('accounts for every record of any two splits: what it finds turns one multiset into the other', () => {
    // Few pixel values, so that equal records are common.
    const dense = anySplit([1, 1, 1], 14).map((split) => ({
      ...split,
      images: split.images.map((pixel) => pixel % 3),
    }));
    fc.assert(
      fc.property(dense, dense, (before, after) => {
        const found = compareRecords(before, after);
        const spell = (split: Split, indexes: readonly number[]): string[] =>
          indexes.map((i) => `${split.labels[i]}:${split.images[i]}`);
        const surplusAfter = multisetMinus(names(after), names(before));
        const surplusBefore = multisetMinus(names(before), names(after));
        expect(spell(after, [...found.added, ...found.changed]).sort()).toEqual(surplusAfter);
        expect(spell(before, [...found.removed, ...found.changed]).sort()).toEqual(surplusBefore);
        // No place is left in both lists: it would have been called changed.
        expect(found.added.filter((i) => found.removed.includes(i))).toEqual([]);
        expect(found.relabelled).toEqual(found.changed.filter((i) => before.images[i] === after.images[i]));
      }),
      { numRuns: 500 },
    );
  });

  it('finds exactly the edits made to a split of distinct records', () => {
    const edits = fc.array(fc.constantFrom('keep', 'alter', 'relabel', 'remove'), { maxLength: 40 });
    fc.assert(
      fc.property(edits, fc.nat(6), (plan, appended) => {
        // Altering and relabelling after a removal would move places, so removals come last in the plan.
        const edit = [...plan.filter((e) => e !== 'remove'), ...plan.filter((e) => e === 'remove')];
        const before = numbered(edit.length, 0);
        const edited = { ...before, images: before.images.slice(), labels: before.labels.slice() };
        edit.forEach((what, i) => {
          if (what === 'alter') edited.images[2 * i + 1] = 200;
          if (what === 'relabel') edited.labels[i] = 9;
        });
        const kept = edit.flatMap((what, i) => (what === 'remove' ? [] : [i]));
        const after = joinSplits(selectRecords(edited, kept), numbered(appended, 100));
        const at = (...whats: string[]): number[] => edit.flatMap((what, i) => (whats.includes(what) ? [i] : []));
        const removals = at('remove').length;
        // Appended records fall into the places of removed ones, and stand for changes there.
        const replaced = Math.min(removals, appended);
        const found = compareRecords(before, after);
        expect(found).toMatchObject({
          changed: [...at('alter', 'relabel'), ...at('remove').slice(0, replaced)],
          relabelled: at('relabel'),
          removed: at('remove').slice(replaced),
          added: Array.from({ length: appended - replaced }, (_, i) => kept.length + replaced + i),
          reordered: false,
        });
      }),
    );
  });
});

const names = (split: Split): string[] => Array.from(split.labels, (label, i) => `${label}:${split.images[i]}`);

function multisetMinus(from: readonly string[], what: readonly string[]): string[] {
  const left = [...from];
  for (const item of what) {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
  }
  return left.sort();
}

/** Records that differ in their first pixel. */
function numbered(count: number, first: number): Split {
  const images = Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? first + i / 2 : 0));
  return makeSplit([1, 2, 1], images, new Uint8Array(count));
}
