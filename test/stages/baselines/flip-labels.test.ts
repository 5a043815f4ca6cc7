import { expect, test } from 'vitest';
import { makeSplit } from '../../../lib/dataset/split.ts';
import { flipLabels } from '../../../stages/common/baselines/flip-labels.ts';
import { testAccuracy } from '../../../stages/common/test-accuracy.ts';
import { RECORDS, trainSmallModel, UNSEEN } from './small-model.ts';

const GREY = makeSplit(
  [1, 1, 1],
  Uint8Array.from({ length: 200 }, (_, i) => i),
  Uint8Array.from({ length: 200 }, (_, i) => i % 4),
);

test('just that many labels change, to any other class, and the images stay', () => {
  const flipped = flipLabels(GREY, 4, 0.3, 1);
  const moves = [...flipped.labels].map((label, i) => (label - GREY.labels[i]! + 4) % 4);
  expect(moves.filter((move) => move !== 0)).toHaveLength(60);
  expect(new Set(moves)).toEqual(new Set([0, 1, 2, 3]));
  expect(flipped.images).toEqual(GREY.images);
  expect(flipLabels(GREY, 4, 0, 1)).toEqual(GREY);
});

test('a larger fraction keeps the flips of a smaller one', () => {
  const [few, many] = [flipLabels(GREY, 4, 0.2, 1).labels, flipLabels(GREY, 4, 0.5, 1).labels];
  few.forEach((label, i) => label !== GREY.labels[i] && expect(many[i]).toBe(label));
  expect(flipLabels(GREY, 4, 0.2, 2).labels).not.toEqual(few);
});

test('accuracy falls as the fraction grows', async () => {
  const accuracies: number[] = [];
  for (const fraction of [0, 0.45, 0.9]) {
    accuracies.push(await testAccuracy(await trainSmallModel(flipLabels(RECORDS, 10, fraction, 1)), UNSEEN));
  }
  const [clean, some, most] = accuracies as [number, number, number];
  expect(clean).toBeGreaterThan(0.8);
  expect(some).toBeLessThan(clean - 0.05);
  // At 0.9 every class is as likely as any other: nothing is left to learn.
  expect(most).toBeLessThan(0.25);
}, 120_000);
