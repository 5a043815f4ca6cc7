import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startCompute } from '../../lib/compute/start.ts';
import { makeSplit, selectRecords, type Split } from '../../lib/dataset/split.ts';
import type { AttackOptions, Objective } from '../../stages/common/attack-options.ts';
import { generatePoison, objectiveAt } from '../../stages/common/attack.ts';
import { classify } from '../../stages/common/classify.ts';
import { distortionOf } from '../../stages/common/metrics.ts';
import { computeLogits, initialiseModel, type Model } from '../../stages/common/models.ts';
import { fromTanhSpace, hinge, marginOf, toTanhSpace } from '../../stages/common/objectives.ts';
import { toArray } from '../../stages/common/pixels.ts';
import { stream } from '../../stages/common/rng.ts';
import { toTensor, toTensors, values } from '../support/tensors.ts';

let folder: string;
beforeAll(async () => {
  await startCompute({ backend: 'wasm', version: '4.22.0', threads: 1 });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-attack-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const MODEL: Model = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);

/** Noise, and the class that the untrained model sees most often in it. */
async function noise(count: number): Promise<{ images: Split; seen: Uint8Array }> {
  const rng = stream(1, 'images');
  const pixels = Uint8Array.from({ length: count * 784 }, () => rng.below(256));
  const images = makeSplit([28, 28, 1], pixels, new Uint8Array(count));
  return { images, seen: await classify(MODEL, images) };
}
const NOISE = async (): Promise<{ sources: Split; options: AttackOptions }> => {
  const { images, seen } = await noise(12);
  const counts = new Array<number>(10).fill(0);
  for (const answer of seen) counts[answer]!++;
  const chosen = counts.indexOf(Math.max(...counts));
  const sources = selectRecords(images, [...seen.keys()].filter((i) => seen[i] === chosen).slice(0, 5));
  const options: AttackOptions = {
    objective: 'margin-away',
    chosen,
    iterations: 12,
    learningRate: 0.1,
    initialConstant: 1,
    searchSteps: 2,
    kappa: 0,
    epsilon: 1,
    batchSize: 3,
  };
  return { sources, options };
};

test('the margin of Eq. 1 and its hinge, by hand', () => {
  const logits = tf.tensor2d([1, 5, 3, 4, -2, 0], [2, 3]);
  expect(values(marginOf(logits, 1))).toEqual([2, -6]);
  expect(values(marginOf(logits, 0))).toEqual([-4, 4]);
  expect(values(hinge(marginOf(logits, 1), 5))).toEqual([2, -5]);
});

test('tanh space holds every pixel value, black and white included, to a thousandth of a grey level', () => {
  const pixels = Float32Array.from({ length: 256 }, (_, i) => i / 255 - 0.5);
  const there = toTanhSpace(pixels);
  expect(there.every(Number.isFinite)).toBe(true);
  const back = values(fromTanhSpace(tf.tensor4d(there, [1, 16, 16, 1])));
  back.forEach((value, i) => expect(Math.abs(value - pixels[i]!)).toBeLessThan(1e-3 / 255));
});

describe("the attack's loss", () => {
  test.each(['margin-away', 'margin-toward', 'equation-1'] as const)(
    '%s: its gradient in tanh space agrees with finite differences',
    async (objective) => {
      const { sources, options } = await NOISE();
      const originals = toTensor<tf.Rank.R4>(toArray(sources, [0]));
      const parameters = toTensors(MODEL);
      const logitsOf = (images: tf.Tensor4D) => computeLogits('table-a1', parameters, images);
      // Off the start, so that the distance has a gradient too.
      const at = toTanhSpace(originals.dataSync() as Float32Array).map(
        (w, i) => Math.min(2, Math.max(-2, w)) + (i % 3) * 0.05,
      );
      const evaluate = (w: Float32Array) =>
        objectiveAt(logitsOf, tf.tensor4d(w, [1, 28, 28, 1]), originals, tf.tensor1d([3]), {
          objective,
          chosen: options.chosen,
          kappa: 100,
        });
      // Along the gradient itself: float32 leaves no single pixel's difference above the rounding.
      const gradient = values(evaluate(at).gradient);
      const length = Math.hypot(...gradient);
      const step = 0.05;
      const moved = (sign: number) =>
        evaluate(at.map((w, i) => w + (sign * step * gradient[i]!) / length)).loss.dataSync()[0]!;
      expect((moved(1) - moved(-1)) / (2 * step) / length).toBeCloseTo(1, 1);
    },
  );
});

describe('generated poison', () => {
  test.each([
    ['margin-away', false],
    ['equation-1', false],
    ['pgd-l2', false],
    ['margin-toward', true],
  ] as const)('%s moves the model off (or onto) the chosen class', async (objective: Objective, isToward) => {
    const { sources, options } = await NOISE();
    // For the way toward, another class is aimed at.
    const chosen = isToward ? (options.chosen + 1) % 10 : options.chosen;
    const made = await generatePoison(MODEL, sources, { ...options, objective, chosen, epsilon: 3 }, folder);
    const poison = makeSplit(sources.shape, made.images, sources.labels);
    const seen = await classify(MODEL, poison);
    made.reached.forEach((isReached, i) => isReached && expect(seen[i] === chosen).toBe(isToward));
    expect(made.reached.filter(Boolean).length).toBeGreaterThanOrEqual(sources.count - 1);
    const { unit, largestUnit } = distortionOf(sources, poison);
    expect(unit).toBeGreaterThan(0);
    if (objective === 'pgd-l2') expect(largestUnit).toBeLessThan(3.05);
  });

  test('is the same twice, and the same when it is taken up after the first batch', async () => {
    const { sources, options } = await NOISE();
    const once = await generatePoison(MODEL, sources, options, folder);
    const again = await generatePoison(MODEL, sources, options, folder);
    const fresh = mkdtempSync(join(tmpdir(), 'assay-attack-'));
    const whole = await generatePoison(MODEL, sources, { ...options, batchSize: 5 }, fresh);
    rmSync(fresh, { recursive: true });
    expect(again).toEqual(once);
    expect(whole.reached).toEqual(once.reached);
  });
});
