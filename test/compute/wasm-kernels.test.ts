import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startCompute } from '../../lib/compute/start.ts';
import { stream } from '../../stages/common/rng.ts';

const WASM = { backend: 'wasm', version: '4.22.0', threads: 1 };

beforeAll(async () => {
  await startCompute(WASM);
});

/** Runs `compute` on plain JavaScript and on wasm and gives the largest difference relative to the largest value. */
async function compareBackends(compute: () => tf.Tensor[]): Promise<number> {
  const results: number[][][] = [];
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    const outputs = tf.tidy(compute);
    results.push(outputs.map((tensor) => Array.from(tensor.dataSync())));
    tf.dispose(outputs);
  }
  const [reference, found] = results as [number[][], number[][]];
  let worst = 0;
  reference.forEach((values, output) => {
    const scale = Math.max(...values.map(Math.abs));
    expect(scale).toBeGreaterThan(0);
    expect(found[output]).toHaveLength(values.length);
    values.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - found[output]![i]!) / scale)));
  });
  return worst;
}

function random(shape: number[], label: string): tf.Tensor {
  const rng = stream(1, label);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.uniformIn(-1, 1)),
    shape,
  );
}

test.each([
  ['valid', 1, [2, 7, 6, 3], [3, 3, 3, 4]],
  ['same', 1, [2, 5, 6, 3], [3, 3, 3, 4]],
  ['same', 1, [1, 6, 6, 2], [2, 4, 2, 3]],
  ['valid', 2, [2, 8, 9, 3], [3, 2, 3, 5]],
  ['same', 2, [2, 7, 8, 2], [3, 3, 2, 4]],
  ['valid', 1, [3, 5, 5, 1], [3, 3, 1, 2]],
  ['same', 1, [1, 4, 4, 3], [1, 1, 3, 4]],
] as const)(
  'convolution gradients, %s padding, stride %i, image %j, filter %j: as on cpu',
  async (pad, stride, x, f) => {
    const worst = await compareBackends(() => {
      const weights = random([...f], 'weights');
      const loss = (image: tf.Tensor, filter: tf.Tensor) => {
        const y = tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, stride, pad);
        return tf.sum(tf.mul(y, random(y.shape, 'slope'))) as tf.Scalar;
      };
      return tf.grads(loss as never)([random([...x], 'image'), weights]);
    });
    expect(worst).toBeLessThan(1e-4);
  },
);

test.each([
  [[2, 6, 8, 3], 2, 2],
  [[2, 7, 5, 3], 2, 2],
  [[1, 7, 7, 2], 3, 2],
] as const)('the gradient of max pooling of %j by %i with stride %i is as on cpu', async (shape, size, stride) => {
  const worst = await compareBackends(() => {
    const loss = (image: tf.Tensor) => {
      const y = tf.maxPool(image as tf.Tensor4D, size, stride, 'valid');
      return tf.sum(tf.mul(y, random(y.shape, 'slope'))) as tf.Scalar;
    };
    return [tf.grad(loss)(random([...shape], 'image'))];
  });
  expect(worst).toBeLessThan(1e-4);
});

test('equal maxima: the gradient of max pooling goes to the first of them', async () => {
  await tf.setBackend('wasm');
  const dx = tf.grad((x: tf.Tensor) => tf.sum(tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')))(tf.ones([1, 2, 2, 1]));
  expect(Array.from(dx.dataSync())).toEqual([1, 0, 0, 0]);
});

test.each([
  [[0, 1, 2], false],
  [[0, 1, 2], true],
  [[0], false],
  [[1, 3], false],
] as const)('a sum over axes %j (kept: %s) is as on cpu', async (axes, keep) => {
  const worst = await compareBackends(() => [tf.sum(random([3, 4, 5, 6], 'x'), [...axes], keep)]);
  expect(worst).toBeLessThan(1e-5);
});

test('the element-wise and matrix gradients of a small network are as on cpu', async () => {
  const worst = await compareBackends(() => {
    const loss = (a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor) => {
      const y = tf.add(tf.matMul(tf.tanh(a) as tf.Tensor2D, b as tf.Tensor2D), bias);
      const other = tf.max(tf.sub(y, tf.scalar(0.1)), 1, true);
      const squashed = tf.maximum(tf.sub(tf.relu(y), other), tf.scalar(-0.5));
      return tf.sum(tf.add(tf.square(squashed), tf.neg(tf.logSoftmax(y)))) as tf.Scalar;
    };
    return tf.grads(loss as never)([random([5, 4], 'a'), random([4, 3], 'b'), random([3], 'bias')]);
  });
  expect(worst).toBeLessThan(1e-4);
});

test('no kernel of ours leaks memory', async () => {
  await tf.setBackend('wasm');
  const run = () =>
    tf.tidy(() => {
      const loss = (image: tf.Tensor, filter: tf.Tensor) => {
        const y = tf.maxPool(tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'), 2, 2, 'valid');
        return tf.sum(tf.sum(y, [0, 1, 2])) as tf.Scalar;
      };
      tf.grads(loss as never)([random([2, 6, 6, 3], 'x'), random([3, 3, 3, 4], 'f')]);
    });
  run();
  const before = tf.backend().numDataIds();
  run();
  expect(tf.backend().numDataIds()).toBe(before);
});
