import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startCompute } from '../../lib/compute/start.ts';
import { makeSplit, type Split } from '../../lib/dataset/split.ts';
import { computeLogits, countParameters, initialiseModel, parametersOf } from '../../stages/common/models.ts';
import { learningRateAt, momentumStep } from '../../stages/common/optimiser.ts';
import { toArray, toOneHot } from '../../stages/common/pixels.ts';
import { stream } from '../../stages/common/rng.ts';
import { crossEntropy, train, type TrainingOptions } from '../../stages/common/training.ts';
import { toTensor, toTensors, values } from '../support/tensors.ts';

let folder: string;
beforeAll(async () => {
  await startCompute({ backend: 'wasm', version: '4.22.0', threads: 1 });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-training-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const SHAPE = { architecture: 'table-a1', input: [28, 28, 1], classCount: 10 } as const;
const OPTIONS: TrainingOptions = {
  epochs: 1,
  steps: null,
  batchSize: 8,
  learningRate: 0.01,
  momentum: 0.9,
  nesterov: false,
  dropout: 0,
  decayEvery: 1,
  decayFactor: 1,
};

function anyRecords(count: number): Split {
  const rng = stream(1, 'records');
  const images = Uint8Array.from({ length: count * 784 }, () => rng.below(256));
  return makeSplit(
    [28, 28, 1],
    images,
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  );
}

describe('models', () => {
  test('have the sizes that their tables give, by hand', () => {
    expect(countParameters(SHAPE)).toBe(312_202);
    // 896 + 9248 + 18496 + 36928 for the convolutions, 5*5*64*200 + 200, 40200 and 2010 for the dense layers.
    expect(countParameters({ ...SHAPE, input: [32, 32, 3] })).toBe(427_978);
    // 20,024,384 for the sixteen convolutions of VGG19, 512*4096 + 4096, 4096*4096 + 4096, 4096*10 + 10.
    expect(countParameters({ architecture: 'table-a3', input: [32, 32, 3], classCount: 10 })).toBe(38_947_914);
    expect(parametersOf(SHAPE).map((spec) => spec.name)[8]).toBe('dense1/weights');
  });

  test('refuse images that their poolings would use up', () => {
    expect(() => parametersOf({ ...SHAPE, input: [12, 12, 1] })).toThrowErrorMatchingInlineSnapshot(
      `[StageError: table-a1 cannot take images of 12x12x1: nothing is left of them after conv4.]`,
    );
  });

  test('start from a draw within the bounds of Glorot and Bengio, the same for the same seed', () => {
    const [filter, bias] = initialiseModel(SHAPE, 3).weights as [Float32Array, Float32Array];
    const limit = Math.sqrt(6 / (9 + 9 * 32));
    const largest = Math.max(...filter.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.9 * limit);
    expect(bias.every((b) => b === 0)).toBe(true);
    expect(initialiseModel(SHAPE, 3).weights[0]).toEqual(filter);
    expect(initialiseModel(SHAPE, 4).weights[0]).not.toEqual(filter);
  });

  test('VGG19 gives ten logits for a colour image', () => {
    const specs = parametersOf({ architecture: 'table-a3', input: [32, 32, 3], classCount: 10 });
    const logits = tf.tidy(() => {
      const zeros = specs.map((spec) => tf.zeros([...spec.shape]));
      return computeLogits('table-a3', zeros, tf.zeros([1, 32, 32, 3])).dataSync();
    });
    expect([...logits]).toEqual(new Array(10).fill(0));
  });
});

describe('the optimiser', () => {
  test('momentum accumulates and then multiplies by the rate, as TensorFlow 1: two steps by hand', () => {
    const options = { momentum: 0.5, nesterov: false };
    const first = momentumStep(tf.tensor1d([1]), tf.tensor1d([0]), tf.tensor1d([2]), tf.scalar(0.1), options);
    expect([values(first.weights)[0], values(first.accumulated)[0]]).toEqual([expect.closeTo(0.8, 6), 2]);
    const second = momentumStep(first.weights, first.accumulated, tf.tensor1d([4]), tf.scalar(0.01), options);
    // a = 0.5 * 2 + 4 = 5; w = 0.8 - 0.01 * 5
    expect([values(second.weights)[0], values(second.accumulated)[0]]).toEqual([expect.closeTo(0.75, 6), 5]);
  });

  test("Nesterov's step looks ahead: by hand", () => {
    const options = { momentum: 0.5, nesterov: true };
    const { weights } = momentumStep(tf.tensor1d([1]), tf.tensor1d([2]), tf.tensor1d([4]), tf.scalar(0.1), options);
    // a = 5; w = 1 - 0.1 * (4 + 0.5 * 5)
    expect(values(weights)[0]).toBeCloseTo(0.35, 6);
  });

  test('the rate falls after every ten epochs, not within them', () => {
    const schedule = { learningRate: 0.001, decayEvery: 10, decayFactor: 0.5 };
    expect([0, 9, 10, 25].map((epoch) => learningRateAt(epoch, schedule))).toEqual([0.001, 0.001, 0.0005, 0.00025]);
    expect(learningRateAt(40, { ...schedule, decayFactor: 1 })).toBe(0.001);
  });
});

test('cross entropy of equal logits is ln 10, and its gradient is softmax minus target over N', () => {
  const targets = toTensor<tf.Rank.R2>(toOneHot([3, 0], 10));
  const loss = crossEntropy(tf.zeros([2, 10]) as tf.Tensor2D, targets);
  expect(values(loss)[0]).toBeCloseTo(Math.LN10, 5);
  const gradient = values(tf.grad((z: tf.Tensor) => crossEntropy(z as tf.Tensor2D, targets))(tf.zeros([2, 10])));
  expect(gradient[3]).toBeCloseTo((0.1 - 1) / 2, 5);
  expect(gradient[4]).toBeCloseTo(0.1 / 2, 5);
});

test('the gradient of the whole network agrees with finite differences of its loss', () => {
  const model = initialiseModel(SHAPE, 1);
  const data = anyRecords(2);
  const images = toTensor<tf.Rank.R4>(toArray(data, [0, 1]));
  const targets = toTensor<tf.Rank.R2>(toOneHot(data.labels, 10));
  const parameters = toTensors(model);
  const lossOf = (...now: tf.Tensor[]) => crossEntropy(computeLogits('table-a1', now, images), targets);
  const { grads } = tf.valueAndGrads(lossOf)(parameters);
  for (const index of [0, 2, 5, 8, 13]) {
    const gradient = values(grads[index]!);
    const place = gradient.reduce((best, g, i) => (Math.abs(g) > Math.abs(gradient[best]!) ? i : best), 0);
    const step = 2e-3;
    const [up, down] = [step, -step].map((delta) => {
      const moved = values(parameters[index]!);
      moved[place] = moved[place]! + delta;
      const now = parameters.map((p, i) => (i === index ? tf.tensor(moved, p.shape) : p));
      return values(lossOf(...now))[0]!;
    }) as [number, number];
    expect((up - down) / (2 * step) / gradient[place]!).toBeCloseTo(1, 1);
  }
});

describe('training', () => {
  test('gives the same bits twice, with dropout, a short last batch and decay', async () => {
    const options = { ...OPTIONS, epochs: 2, dropout: 0.5, nesterov: true, decayEvery: 1, decayFactor: 0.5 };
    const data = anyRecords(20);
    const [first, second] = [join(folder, 'a'), join(folder, 'b')];
    for (const path of [first, second]) (await import('node:fs')).mkdirSync(path);
    const once = await train(initialiseModel(SHAPE, 1), data, 1, options, first);
    const again = await train(initialiseModel(SHAPE, 1), data, 1, options, second);
    expect(once.steps).toBe(6);
    expect(once.curve.map((record) => record.learningRate)).toEqual([0.01, 0.005]);
    expect(again).toEqual(once);
  });

  test('with a number of steps ends after exactly so many, and measures on the way', async () => {
    const options = { ...OPTIONS, steps: 5 };
    const trained = await train(initialiseModel(SHAPE, 1), anyRecords(16), 1, options, folder, {
      afterSteps: { measureEvery: 2, measure: async () => ({ seen: true }) },
    });
    expect(trained.trajectory).toEqual([0, 2, 4].map((step) => ({ step, seen: true })));
    expect(trained.curve.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 2],
      [2, 4],
      [3, 5],
    ]);
  });

  test('stops where the loss is no number, and says at which step', async () => {
    const options = { ...OPTIONS, epochs: 3, learningRate: 1e30 };
    const trained = await train(initialiseModel(SHAPE, 1), anyRecords(16), 1, options, folder);
    expect(trained.notANumberAtStep).toBe(1);
    expect(trained.curve.map((record) => record.loss)).toEqual([null]);
  });
});
