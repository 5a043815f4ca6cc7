import { beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { startEagerLoop } from '../../lib/compute/eager-loop.ts';
import { registerGradients } from '../../lib/compute/gradients.ts';
import { registerWasmKernels } from '../../lib/compute/wasm-kernels.ts';
import { momentsOf, movingMoments, normalise } from '../../stages/common/batch-normalisation.ts';
import { computeLogits, countParameters, initialiseModel, parametersOf } from '../../stages/common/models.ts';
import { trainingLoop } from '../../stages/common/training.ts';
import { toTensors } from '../support/tensors.ts';

beforeAll(async () => {
  // Plain JavaScript takes minutes for VGG19.
  await tf.setBackend('wasm');
  registerWasmKernels();
  registerGradients();
});

// Two channels, four values each: 1, 3, 5, 7 and 10, 10, 10, 10.
const twoChannels = () => tf.tensor4d([1, 10, 3, 10, 5, 10, 7, 10], [2, 1, 2, 2]);

test('brings each channel to mean beta and deviation gamma, by hand; a channel that never changes to beta', () => {
  const x = twoChannels();
  const moments = momentsOf(x);
  expect([...moments.mean.dataSync()]).toEqual([4, 10]);
  expect([...moments.variance.dataSync()]).toEqual([5, 0]);
  const y = normalise(x, moments, tf.tensor1d([2, 3]), tf.tensor1d([1, -1])).dataSync();
  const root = Math.sqrt(5 + 1e-5);
  const wanted = [1 - 6 / root, -1, 1 - 2 / root, -1, 1 + 2 / root, -1, 1 + 6 / root, -1];
  y.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
});

test('moving moments keep nine tenths, and take the variance unbiased', () => {
  const x = twoChannels();
  const before = { mean: tf.tensor1d([0, 0]), variance: tf.tensor1d([1, 1]) };
  const after = movingMoments(before, momentsOf(x), x);
  expect([...after.mean.dataSync()].map((v) => Number(v.toFixed(5)))).toEqual([0.4, 1]);
  // 0.9 * 1 + 0.1 * 5 * 4 / 3, and 0.9.
  expect([...after.variance.dataSync()].map((v) => Number(v.toFixed(5)))).toEqual([1.56667, 0.9]);
});

test('the gradient goes through the moments: as by finite differences', () => {
  const weigh = tf.tensor4d([1, 2, -1, 0.5, 3, -2, 0.25, 1], [2, 1, 2, 2]);
  const x = tf.tensor4d([1, 10, 3, 12, 5, 9, 7, 14], [2, 1, 2, 2]);
  const loss = (v: tf.Tensor): tf.Scalar =>
    tf.sum(tf.mul(weigh, normalise(v, momentsOf(v), tf.tensor1d([2, 3]), tf.tensor1d([1, -1]))));
  const gradient = tf.grad(loss)(x).dataSync();
  x.dataSync().forEach((value, place) => {
    const [up, down] = [1e-2, -1e-2].map((delta) => {
      const moved = Float32Array.from(x.dataSync());
      moved[place] = value + delta;
      return loss(tf.tensor4d(moved, [2, 1, 2, 2])).dataSync()[0]!;
    }) as [number, number];
    expect((up - down) / 2e-2).toBeCloseTo(gradient[place]!, 2);
  });
});

test('VGG19 with it: of each of 5,504 channels two trained and two observed numbers in place of the bias', () => {
  const shape = { architecture: 'table-a3-bn', input: [32, 32, 3], classCount: 10 } as const;
  expect(countParameters(shape)).toBe(38_947_914 + 3 * 5_504);
  const specs = parametersOf(shape);
  expect(specs.filter(({ kind }) => kind === 'observed')).toHaveLength(32);
  expect(specs.slice(0, 5).map(({ name }) => name)).toEqual([
    'conv1/filter',
    'conv1/gamma',
    'conv1/beta',
    'conv1/moving-mean',
    'conv1/moving-variance',
  ]);
  const { weights } = initialiseModel(shape, 1);
  expect([1, 2, 3, 4].map((i) => weights[i]![0])).toEqual([1, 0, 0, 1]);
});

test('a step moves what is trained by its gradient and what is observed by the minibatch, and use reads the observed', async () => {
  const shape = { architecture: 'table-a3-bn', input: [32, 32, 3], classCount: 2 } as const;
  const model = initialiseModel(shape, 1);
  const pixels = Float32Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => 0.5 * Math.sin(i * i));
  const loop = startEagerLoop(
    trainingLoop(
      model,
      model.weights.map((array) => new Float32Array(array.length)),
      {
        momentum: 0.9,
        nesterov: false,
      },
    ),
  );
  await loop.run({
    images: { shape: [2, 32, 32, 3], data: pixels },
    targets: { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) },
    rate: { shape: [], data: Float32Array.of(0.01) },
  });
  const state = await loop.readState();
  loop.dispose();
  const specs = parametersOf(shape);
  const stays = specs.filter(({ name }, i) => model.weights[i]!.every((value, at) => state[name]![at] === value));
  expect(stays).toEqual([]);

  const images = tf.tensor4d(pixels, [2, 32, 32, 3]);
  const mean = state['conv1/moving-mean']!;
  const first = tf.conv2d(images, toTensors(model)[0] as tf.Tensor4D, 1, 'same');
  tf.mean(first, [0, 1, 2])
    .dataSync()
    .forEach((value, channel) => expect(mean[channel]).toBeCloseTo(0.1 * value, 5));
  const used = (parameters: Float32Array[]) =>
    computeLogits(
      'table-a3-bn',
      parametersOf(shape).map(({ shape: dims }, i) => tf.tensor(parameters[i]!, [...dims])),
      images,
    ).dataSync();
  const other = model.weights.map((array, i) =>
    parametersOf(shape)[i]!.name === 'conv1/moving-mean' ? array.map(() => 0.5) : array,
  );
  expect([...used([...other])]).not.toEqual([...used([...model.weights])]);
}, 180_000);
