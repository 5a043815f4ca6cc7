import { describe, expect, test } from 'vitest';
import { ratesOf } from '../../../stages/common/detectors/rates.ts';
import { suspectsBy } from '../../../stages/common/detectors/suspects.ts';

const scores = (...values: number[]): Float64Array => Float64Array.from(values);

describe('rates, by hand', () => {
  test('a ranking with one mistake', () => {
    // Highest first: poison, clean, poison, clean.
    const rates = ratesOf(scores(4, 3, 2, 1), [true, false, true, false])!;
    expect(rates.auroc).toBe(3 / 4);
    // Precision 1 at the first poison and 2/3 at the second.
    expect(rates.auprc).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(rates.precisionAtCount).toBe(1 / 2);
    expect(rates).toMatchObject({ tprAt0_1: 1 / 2, tprAt1: 1 / 2, tprAt5: 1 / 2 });
  });

  test('perfect, and upside down', () => {
    const isPoison = [true, true, false, false, false];
    expect(ratesOf(scores(9, 8, 3, 2, 1), isPoison)).toEqual({
      auroc: 1,
      auprc: 1,
      tprAt0_1: 1,
      tprAt1: 1,
      tprAt5: 1,
      precisionAtCount: 1,
    });
    const worst = ratesOf(scores(1, 2, 3, 8, 9), isPoison)!;
    expect([worst.auroc, worst.precisionAtCount, worst.tprAt5]).toEqual([0, 0, 0]);
  });

  test('scores that say nothing are a coin', () => {
    const rates = ratesOf(scores(5, 5, 5, 5), [true, false, false, false])!;
    expect([rates.auroc, rates.auprc, rates.precisionAtCount, rates.tprAt5]).toEqual([1 / 2, 1 / 4, 1 / 4, 0]);
  });

  test('at 1 % of 200 clean records two may be accused', () => {
    const isPoison = Array.from({ length: 204 }, (_, i) => [0, 2, 4, 6].includes(i));
    // Poison, clean, poison, clean, poison, clean, poison, then the rest.
    const rates = ratesOf(
      Float64Array.from({ length: 204 }, (_, i) => 204 - i),
      isPoison,
    )!;
    expect([rates.tprAt0_1, rates.tprAt1, rates.tprAt5]).toEqual([1 / 4, 3 / 4, 1]);
  });

  test('without poison, or without anything else, there is nothing to tell', () => {
    expect(ratesOf(scores(1, 2), [false, false])).toBeNull();
    expect(ratesOf(scores(1, 2), [true, true])).toBeNull();
  });
});

describe('suspects', () => {
  const none = scores(0, 0, 0, 0);
  const all = {
    'near-duplicate': scores(0, 9, 0, 0),
    reference: scores(1, 0, 0, 7),
    'activation-clusters': none,
    spectral: none,
    'deep-knn': none,
    loss: scores(4, 3, 2, 1),
  };

  test('the highest of one detector go, ascending by index', () => {
    expect(suspectsBy(all, ['loss'], 0.5)).toEqual([0, 1]);
    expect(suspectsBy(all, ['reference'], 0.5)).toEqual([0, 3]);
    expect(suspectsBy(all, ['reference'], 0)).toEqual([]);
  });

  test('with two detectors each names its own, and equals share their place', () => {
    expect(suspectsBy(all, ['near-duplicate', 'reference'], 0.5)).toEqual([1, 3]);
  });
});
