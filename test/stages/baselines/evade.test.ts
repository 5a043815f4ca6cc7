import { beforeAll, describe, expect, test } from 'vitest';
import { makeSplit, selectRecords, type Split } from '../../../lib/dataset/split.ts';
import { chooseAims, isReached } from '../../../stages/common/baselines/aims.ts';
import { moveNearest } from '../../../stages/common/baselines/carlini-wagner.ts';
import { moveBySign } from '../../../stages/common/baselines/sign-step.ts';
import { classify } from '../../../stages/common/classify.ts';
import { distortionOf } from '../../../stages/common/metrics.ts';
import type { Model } from '../../../stages/common/models.ts';
import type { EvadeParameters } from '../../../stages/common/parameters/evade.ts';
import { inFolder, trainSmallModel, UNSEEN } from './small-model.ts';

const OPTIONS: EvadeParameters = {
  aim: 'untargeted',
  count: 12,
  iterations: 40,
  learningRate: 0.05,
  initialConstant: 10,
  searchSteps: 3,
  kappa: 0.1,
  batchSize: 12,
};

let model: Model;
let originals: Split;
beforeAll(async () => {
  model = await trainSmallModel();
  const answers = await classify(model, UNSEEN);
  const recognised = [...answers.keys()].filter((i) => answers[i] === UNSEEN.labels[i]);
  // Of three classes only: each class is a search of its own.
  originals = selectRecords(UNSEEN, recognised.filter((i) => UNSEEN.labels[i]! < 3).slice(0, OPTIONS.count));
}, 120_000);

test('targets are other classes; an aim is reached by the target, or by anything but the label', () => {
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 4);
  const { classes } = chooseAims(labels, 4, true, 1);
  labels.forEach((label, i) => expect(classes[i]).not.toBe(label));
  expect(new Set(classes)).toEqual(new Set([0, 1, 2, 3]));
  expect(chooseAims(labels, 4, false, 1).classes).toEqual(labels);
  const answers = Uint8Array.of(1, 2);
  expect(isReached({ isTargeted: true, classes: Uint8Array.of(1, 1) }, answers)).toEqual([true, false]);
  expect(isReached({ isTargeted: false, classes: Uint8Array.of(1, 1) }, answers)).toEqual([false, true]);
});

describe('images moved as little as it takes', () => {
  test('untargeted: all of them are taken for something else, less far away than by the sign of the gradient', async () => {
    const aims = chooseAims(originals.labels, 10, false, 1);
    const moved = await inFolder((folder) => moveNearest(model, originals, aims, OPTIONS, folder));
    const stored = makeSplit(originals.shape, moved.images, originals.labels);
    expect(isReached(aims, await classify(model, stored)).every(Boolean)).toBe(true);

    const bySign = await moveBySign(model, originals, aims);
    const there = [...bySign.reached.keys()].filter((i) => bySign.reached[i]);
    expect(there.length).toBeGreaterThan(OPTIONS.count / 2);
    const distanceOf = (images: Uint8Array) =>
      distortionOf(
        selectRecords(originals, there),
        selectRecords(makeSplit(originals.shape, images, originals.labels), there),
      ).unit;
    expect(distanceOf(moved.images)).toBeLessThan(0.8 * distanceOf(bySign.images));
  }, 120_000);

  test('targeted: all of them are taken for their target', async () => {
    const aims = { isTargeted: true, classes: originals.labels.map((label) => (label + 1) % 3) };
    const moved = await inFolder((folder) => moveNearest(model, originals, aims, OPTIONS, folder));
    const answers = await classify(model, makeSplit(originals.shape, moved.images, originals.labels));
    expect(answers).toEqual(aims.classes);
    expect(moved.reached.every(Boolean)).toBe(true);
  }, 120_000);

  test('the step by sign is the shortest that does it', async () => {
    const aims = chooseAims(originals.labels, 10, false, 1);
    const { images, steps, reached } = await moveBySign(model, originals, aims);
    const answers = await classify(model, makeSplit(originals.shape, images, originals.labels));
    expect(isReached(aims, answers)).toEqual(reached);
    originals.images.forEach((pixel, p) => {
      const step = steps[Math.floor(p / 784)]!;
      // Up, down or nowhere, and cut off at black and white.
      expect([0, step, Math.min(255 - pixel, step), Math.min(pixel, step)]).toContain(Math.abs(images[p]! - pixel));
    });
  });
});
