/** What a compiled step must share with the plain one: every kernel, whole steps, and the same bits twice. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEagerLoop } from '../../lib/compute/eager-loop.ts';
import { registerGradients } from '../../lib/compute/gradients.ts';
import { findBlockSize } from '../../lib/compute/onnx/block-size.ts';
import { startOnnxLoop } from '../../lib/compute/onnx/onnx-loop.ts';
import type { Arrays, LoopStart, NumberArray, StepLoop } from '../../lib/compute/step-loop.ts';
import { registerWasmKernels } from '../../lib/compute/wasm-kernels.ts';
import { stream } from '../../stages/common/rng.ts';
import { startTfjsNode } from '../support/tfjs-node.ts';

const LARGEST_DIFFERENCE = 1e-4;

beforeAll(async () => {
  tf.enableProdMode();
  registerGradients();
  await tf.setBackend('wasm');
  registerWasmKernels();
  await tf.setBackend('cpu');
});

function random(shape: number[], label: string, low = -1, high = 1): NumberArray {
  const rng = stream(1, label);
  return { shape, data: Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.uniformIn(low, high)) };
}

/** The largest difference of any value, relative to the largest value of its array. */
function difference(found: Readonly<Record<string, ArrayLike<number>>>, wanted: typeof found): number {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  let worst = 0;
  for (const [name, values] of Object.entries(wanted)) {
    expect(found[name]).toHaveLength(values.length);
    const scale = Math.max(...Array.from(values, Math.abs), 1e-30);
    Array.from(values).forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - (found[name]?.[i] as number)) / scale);
    });
  }
  return worst;
}

/** Runs the batches through a loop; the results of all, and the state at the end. */
async function outcome(loop: StepLoop, batches: readonly Arrays[]): Promise<Record<string, ArrayLike<number>>> {
  const found: Record<string, ArrayLike<number>> = {};
  for (const [i, batch] of batches.entries()) {
    for (const [name, values] of Object.entries(await loop.run(batch))) found[`${i} ${name}`] = Array.from(values);
  }
  for (const [name, values] of Object.entries(await loop.readState())) found[`state ${name}`] = Array.from(values);
  loop.dispose();
  return found;
}

const [x, y] = [random([2, 6, 6, 3], 'x'), random([2, 6, 6, 3], 'y', 0.2, 2)];
const [rows, columns] = [random([4, 5], 'rows'), random([5, 3], 'columns')];
const vector = random([3], 'vector');
type Kernel = (t: Record<string, tf.Tensor>) => tf.Tensor;

/** Sums the result against fixed slopes, so that its gradients by every input are not trivial. */
function gradientsOf(compute: Kernel, inputs: Arrays): LoopStart {
  const names = Object.keys(inputs);
  return {
    state: {},
    constants: {},
    body: ({ batch }) => {
      const kept: { value?: tf.Tensor } = {};
      const { grads } = tf.valueAndGrads((...now: tf.Tensor[]) => {
        const value = compute(Object.fromEntries(names.map((name, i) => [name, now[i] as tf.Tensor])));
        kept.value = tf.keep(value);
        const slopes = random([...value.shape], 'slopes');
        return tf.sum(tf.mul(value, tf.tensor(slopes.data, [...slopes.shape])));
      })(names.map((name) => batch[name] as tf.Tensor));
      const gradients = grads.map((gradient, i) => [`by ${names[i]}`, gradient] as const);
      return { state: {}, results: { value: kept.value as tf.Tensor, ...Object.fromEntries(gradients) } };
    },
  };
}

function valueOf(compute: Kernel): LoopStart {
  const body: LoopStart['body'] = ({ batch }) => ({ state: {}, results: { value: compute({ ...batch }) } });
  return { state: {}, constants: {}, body };
}

const image = (t: tf.Tensor | undefined) => t as tf.Tensor4D;
const matrix = (t: tf.Tensor | undefined) => t as tf.Tensor2D;
const WITH_GRADIENTS: readonly [string, Kernel, Arrays][] = [
  ['add, a channel vector broadcast', (t) => tf.add(t.x!, t.v!), { x, v: vector }],
  ['sub', (t) => tf.sub(t.x!, t.y!), { x, y }],
  ['mul', (t) => tf.mul(t.x!, t.y!), { x, y }],
  ['div', (t) => tf.div(t.x!, t.y!), { x, y }],
  ['maximum', (t) => tf.maximum(t.x!, t.y!), { x, y }],
  ['minimum with a number', (t) => tf.minimum(t.x!, 0.1), { x }],
  ['relu', (t) => tf.relu(t.x!), { x }],
  ['tanh', (t) => tf.tanh(t.x!), { x }],
  ['square', (t) => tf.square(t.x!), { x }],
  ['sqrt', (t) => tf.sqrt(t.y!), { y }],
  ['neg', (t) => tf.neg(t.x!), { x }],
  ['sum over images', (t) => tf.sum(t.x!, [1, 2, 3]), { x }],
  ['sum, axis kept', (t) => tf.sum(t.x!, [1, 2, 3], true), { x }],
  ['max of rows', (t) => tf.max(t.rows!, 1), { rows }],
  ['log softmax', (t) => tf.logSoftmax(matrix(t.rows)), { rows }],
  ['matrix product', (t) => tf.matMul(matrix(t.rows), matrix(t.columns)), { rows, columns }],
  ['reshape', (t) => tf.reshape(t.x!, [2, -1]), { x }],
  ['max pool', (t) => tf.maxPool(image(t.x), 2, 2, 'valid'), { x }],
  ['max pool of an odd size', (t) => tf.maxPool(image(t.odd), 2, 2, 'valid'), { odd: random([2, 7, 5, 2], 'odd') }],
  ...(['valid', 'same'] as const).map((pad): [string, Kernel, Arrays] => [
    `convolution, ${pad}`,
    (t) => tf.relu(tf.add(tf.conv2d(image(t.x), image(t.filter), 1, pad), t.bias!)),
    { x, filter: random([3, 3, 3, 4], 'filter'), bias: random([4], 'bias') },
  ]),
  // A vector register holds 8 or 16 channels: the runtime's blocked layout.
  ...(['valid', 'same'] as const).map((pad): [string, Kernel, Arrays] => [
    `convolution of many channels, ${pad}`,
    (t) => tf.relu(tf.add(tf.conv2d(image(t.x), image(t.filter), 1, pad), t.bias!)),
    { x: random([3, 6, 5, 32], 'many'), filter: random([3, 3, 32, 16], 'filter'), bias: random([16], 'bias') },
  ]),
  [
    'convolution of many channels without bias, on few places',
    (t) => tf.conv2d(image(t.x), image(t.filter), 1, 'valid'),
    { x: random([3, 4, 4, 16], 'deep'), filter: random([3, 3, 16, 32], 'filter') },
  ],
  [
    'convolution of one channel',
    (t) => tf.relu(tf.conv2d(image(t.x), image(t.filter), 1, 'valid')),
    { x: random([3, 6, 5, 1], 'single'), filter: random([3, 3, 1, 16], 'filter') },
  ],
  ...([[1, 1], [2, 3], [1, 4]] as const).map(([height, width]): [string, Kernel, Arrays] => [
    `convolution with a filter of ${height}x${width}`,
    (t) => tf.conv2d(image(t.x), image(t.filter), 1, 'same'),
    { x, filter: random([height, width, 3, 4], 'filter') },
  ]), // prettier-ignore
  [
    'convolutions and pools one after another, then flat',
    (t) => {
      const first = tf.relu(tf.conv2d(image(t.x), image(t.one), 1, 'same'));
      const second = tf.conv2d(tf.maxPool(image(first), 2, 2, 'valid'), image(t.two), 1, 'valid');
      return tf.matMul(matrix(tf.reshape(second, [2, 5])), matrix(t.columns));
    },
    { x, one: random([3, 3, 3, 4], 'one'), two: random([3, 3, 4, 5], 'two'), columns },
  ],
];

const WITHOUT_GRADIENTS: readonly [string, Kernel, Arrays][] = [
  ['arg max', (t) => tf.argMax(t.rows!, 1), { rows }],
  ['clip', (t) => tf.clipByValue(t.x!, -0.5, 0.5), { x }],
  ['softmax', (t) => tf.softmax(matrix(t.rows)), { rows }],
  ['where', (t) => tf.where(tf.greater(t.x!, t.y!), t.x!, t.y!), { x, y }],
  ['transpose', (t) => tf.transpose(t.x!, [3, 0, 2, 1]), { x }],
  ['concat', (t) => tf.concat([t.x!, t.y!], 3), { x, y }],
  ['slice', (t) => tf.slice(t.x!, [0, 1, 2, 0], [2, 3, -1, 2]), { x }],
  ['pad', (t) => tf.pad(t.x!, [[0, 0], [1, 2], [0, 1], [0, 0]], 7), { x }], // prettier-ignore
  ['mean and exp', (t) => tf.exp(tf.mean(t.x!, 3)), { x }],
  ['tile', (t) => tf.tile(t.rows!, [2, 1]), { rows }],
];

const here = await findBlockSize(ort);

test('ONNX Runtime has a blocked layout on this processor, or says so', () => {
  expect([1, 8, 16]).toContain(here);
});

describe.each([...new Set([here, 1])])(
  'a compiled step, channels in blocks of %i, agrees with plain JavaScript',
  (block) => {
    const how = { threads: 1, block };

    test.each(WITH_GRADIENTS)('%s, and its gradients', async (_name, compute, inputs) => {
      const start = gradientsOf(compute, inputs);
      const wanted = await outcome(startEagerLoop(start), [inputs]);
      expect(difference(await outcome(startOnnxLoop(ort, start, how), [inputs]), wanted)).toBeLessThan(
        LARGEST_DIFFERENCE,
      );
    });

    test.each(WITHOUT_GRADIENTS)('%s', async (_name, compute, inputs) => {
      const start = valueOf(compute);
      const wanted = await outcome(startEagerLoop(start), [inputs]);
      expect(difference(await outcome(startOnnxLoop(ort, start, how), [inputs]), wanted)).toBeLessThan(
        LARGEST_DIFFERENCE,
      );
    });
  },
);

const hasTfjsNode = await startTfjsNode();

describe.runIf(hasTfjsNode)('tfjs-node agrees with plain JavaScript', () => {
  afterEach(() => tf.setBackend('cpu'));

  async function differenceOf(start: LoopStart, batch: Arrays): Promise<number> {
    const wanted = await outcome(startEagerLoop(start), [batch]);
    await tf.setBackend('tensorflow');
    return difference(await outcome(startEagerLoop(start), [batch]), wanted);
  }

  test.each(WITH_GRADIENTS)('%s, and its gradients', async (_name, compute, inputs) => {
    expect(await differenceOf(gradientsOf(compute, inputs), inputs)).toBeLessThan(LARGEST_DIFFERENCE);
  });

  test.each(WITHOUT_GRADIENTS)('%s', async (_name, compute, inputs) => {
    expect(await differenceOf(valueOf(compute), inputs)).toBeLessThan(LARGEST_DIFFERENCE);
  });
});

/** All implementations do as the interface says. */
describe.each([
  ['eager', 'cpu', (start: LoopStart) => startEagerLoop(start)],
  ...(hasTfjsNode
    ? ([['eager on tfjs-node', 'tensorflow', (start: LoopStart) => startEagerLoop(start)]] as const)
    : []),
  ['onnx', 'cpu', (start: LoopStart) => startOnnxLoop(ort, start, { threads: 1, block: here })],
] as const)('a loop, %s', (_name, backend, startLoop) => {
  beforeAll(() => tf.setBackend(backend));
  afterAll(() => tf.setBackend('cpu'));

  const one = (value: number): NumberArray => ({ shape: [1], data: Float32Array.of(value) });
  const counting = (): StepLoop =>
    startLoop({
      state: { sum: one(1) },
      constants: { factor: one(10) },
      body: ({ state, batch, constants }) => {
        const sum = tf.add(state.sum!, tf.mul(tf.sum(batch.values!), constants.factor!));
        return { state: { sum }, results: { before: state.sum! } };
      },
    });
  const batch = (...values: number[]): Arrays => ({
    values: { shape: [values.length], data: Float32Array.from(values) },
  });

  test('keeps its state from run to run, over batches of different sizes', async () => {
    const loop = counting();
    expect([...(await loop.run(batch(1, 2))).before!]).toEqual([1]);
    expect([...(await loop.run(batch(3))).before!]).toEqual([31]);
    expect([...(await loop.readState()).sum!]).toEqual([61]);
    loop.dispose();
  });

  test('rolls one run back', async () => {
    const loop = counting();
    await loop.run(batch(1));
    await loop.run(batch(5));
    loop.rollBack();
    expect([...(await loop.readState()).sum!]).toEqual([11]);
    await loop.run(batch(2));
    expect([...(await loop.readState()).sum!]).toEqual([31]);
    expect(() => counting().rollBack()).toThrow('there is no run to roll back');
    loop.dispose();
  });

  test('starts again from a state that is set', async () => {
    const loop = counting();
    expect([...(await loop.readState()).sum!]).toEqual([1]);
    await loop.run(batch(1));
    loop.setState({ sum: one(100) });
    expect([...(await loop.run(batch(1))).before!]).toEqual([100]);
    expect([...(await loop.readState()).sum!]).toEqual([110]);
    loop.dispose();
  });

  test('holds as many tensors after a hundred runs as after one', async () => {
    const before = tf.memory().numTensors;
    const loop = counting();
    await loop.run(batch(1));
    const afterOne = tf.memory().numTensors;
    for (let i = 0; i < 100; i++) await loop.run(batch(i));
    expect(tf.memory().numTensors).toBeLessThanOrEqual(afterOne + 1);
    loop.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
