/** The experiment's own steps on ONNX Runtime and TensorFlow: as on the plain backends, and the same bits twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { startEagerLoop } from '../../lib/compute/eager-loop.ts';
import { registerGradients } from '../../lib/compute/gradients.ts';
import { findBlockSize } from '../../lib/compute/onnx/block-size.ts';
import { startOnnxLoop } from '../../lib/compute/onnx/onnx-loop.ts';
import type { Arrays, LoopStart, Named, StepLoop } from '../../lib/compute/step-loop.ts';
import { registerWasmKernels } from '../../lib/compute/wasm-kernels.ts';
import { searchLoop } from '../../stages/common/attack.ts';
import type { Objective } from '../../stages/common/attack-options.ts';
import { initialiseModel, type Model } from '../../stages/common/models.ts';
import { stream } from '../../stages/common/rng.ts';
import { descentLoop } from '../../stages/common/pgd.ts';
import { trainingLoop } from '../../stages/common/training.ts';
import { toTanhSpace } from '../../stages/common/objectives.ts';
import { startTfjsNode } from '../support/tfjs-node.ts';

const SMALL: Model = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);
const VGG: Model = initialiseModel({ architecture: 'table-a3', input: [32, 32, 3], classCount: 10 }, 1);
const NORMALISED: Model = initialiseModel({ architecture: 'table-a3-bn', input: [32, 32, 3], classCount: 10 }, 1);

const block = await findBlockSize(ort);

interface Engine {
  readonly name: string;
  /** Numbers of threads that one process can try. TensorFlow reads its own once. */
  readonly threads: readonly number[];
  readonly start: (loop: LoopStart, threads: number) => Promise<StepLoop>;
}

const ENGINES: readonly Engine[] = [
  { name: 'onnx', threads: [1, 2], start: async (loop, threads) => startOnnxLoop(ort, loop, { threads, block }) },
  ...((await startTfjsNode()) ? [{ name: 'tfjs-node', threads: [2], start: startOnTensorFlow }] : []),
];

/** The backend stays TensorFlow for the runs that follow. */
async function startOnTensorFlow(loop: LoopStart): Promise<StepLoop> {
  await tf.setBackend('tensorflow');
  return startEagerLoop(loop);
}

async function startPlain(backend: 'cpu' | 'wasm', loop: LoopStart): Promise<StepLoop> {
  await tf.setBackend(backend);
  return startEagerLoop(loop);
}

beforeAll(async () => {
  tf.enableProdMode();
  registerGradients();
  await tf.setBackend('wasm');
  registerWasmKernels();
});
afterAll(() => tf.disposeVariables());

function batchOf(model: Model, count: number, step: number, rate = 0.01): Arrays {
  const rng = stream(1, 'batch', step);
  const size = model.input[0] * model.input[1] * model.input[2];
  const targets = new Float32Array(count * 10);
  const images = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const label = rng.below(10);
    targets[i * 10 + label] = 1;
    // Each class is bright in a band of its own, so that there is something to learn.
    for (let p = 0; p < size; p++)
      images[i * size + p] = rng.uniformIn(-0.5, Math.floor((p / size) * 10) === label ? 0.5 : 0);
  }
  return {
    images: { shape: [count, ...model.input], data: images },
    targets: { shape: [count, 10], data: targets },
    rate: { shape: [], data: Float32Array.of(rate) },
  };
}

function worstDifference(found: Named<Float32Array>, wanted: Named<Float32Array>): number {
  let worst = 0;
  for (const [name, values] of Object.entries(wanted)) {
    let [sum, scale] = [0, 0];
    values.forEach((value, i) => {
      sum += (value - (found[name]?.[i] as number)) ** 2;
      scale += value ** 2;
    });
    if (scale > 0) worst = Math.max(worst, Math.sqrt(sum / scale));
  }
  return worst;
}

function zeros(model: Model): Float32Array[] {
  return model.weights.map((array) => new Float32Array(array.length));
}

describe.each(ENGINES)('a training step on $name', ({ start, threads }) => {
  test.each([
    ['table-a1, momentum', SMALL, { momentum: 0.9, nesterov: false }, 3, 'cpu'],
    ['table-a1, Nesterov, batch of one', SMALL, { momentum: 0.9, nesterov: true }, 1, 'cpu'],
    ['table-a1, no momentum', SMALL, { momentum: 0, nesterov: false }, 2, 'cpu'],
    // Plain JavaScript takes minutes for VGG19; wasm agrees with it by test/compute.
    ['table-a3, momentum', VGG, { momentum: 0.9, nesterov: false }, 2, 'wasm'],
    ['table-a3-bn, momentum', NORMALISED, { momentum: 0.9, nesterov: false }, 4, 'wasm'],
  ] as const)(
    '%s: weights and momenta as on a plain backend',
    async (_name, model, options, count, reference) => {
      const batch = batchOf(model, count, 1);
      const step = async (loop: StepLoop) => {
        const [results, state] = [await loop.run(batch), await loop.readState()];
        loop.dispose();
        return { results, state };
      };
      const wanted = await step(await startPlain(reference, trainingLoop(model, zeros(model), options)));
      const found = await step(await start(trainingLoop(model, zeros(model), options), 2));
      expect(found.results.loss![0]! / wanted.results.loss![0]!).toBeCloseTo(1, 5);
      expect(found.results.answers).toEqual(wanted.results.answers);
      expect(worstDifference(found.state, wanted.state)).toBeLessThan(1e-4);
    },
    180_000,
  );

  test('the loss falls along the same curve as on wasm for a hundred steps, the last batches short', async () => {
    const training = trainingLoop(SMALL, zeros(SMALL), { momentum: 0.9, nesterov: false });
    const curveOf = async (loop: StepLoop): Promise<number[]> => {
      const losses: number[] = [];
      for (let step = 0; step < 100; step++) {
        losses.push((await loop.run(batchOf(SMALL, step % 10 === 9 ? 3 : 8, step, 0.005))).loss![0]!);
      }
      loop.dispose();
      return losses;
    };
    const wanted = await curveOf(await startPlain('wasm', training));
    const curve = await curveOf(await start(training, threads[0]!));
    curve.forEach((loss, step) => {
      expect(Math.abs(loss - wanted[step]!)).toBeLessThan(0.02 * Math.max(wanted[step]!, 0.05));
    });
    const meanOf = (losses: readonly number[]): number => losses.reduce((a, b) => a + b) / losses.length;
    expect(meanOf(curve.slice(-20))).toBeLessThan(meanOf(curve.slice(0, 20)) - 0.05);
  });

  test.each(threads)('with %i threads gives the same bits twice', async (count) => {
    const runs: Named<Float32Array>[] = [];
    for (let again = 0; again < 2; again++) {
      const loop = await start(trainingLoop(SMALL, zeros(SMALL), { momentum: 0.9, nesterov: true }), count);
      for (let step = 0; step < 5; step++) await loop.run(batchOf(SMALL, step === 4 ? 7 : 32, step));
      runs.push(await loop.readState());
      loop.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  });
});

describe.each(ENGINES)('an iteration of the attack on $name', ({ start, threads }) => {
  test.each([
    ['table-a1', 'margin-away', 'cpu'],
    ['table-a1', 'margin-toward', 'cpu'],
    ['table-a1', 'equation-1', 'cpu'],
    ['table-a3', 'margin-away', 'wasm'],
  ] as const)('%s, %s: as on %s', async (architecture, objective: Objective, reference) => {
    const model = architecture === 'table-a1' ? SMALL : VGG;
    const { images } = batchOf(model, 3, 7);
    const w = {
      shape: images!.shape,
      data: toTanhSpace(images!.data as Float32Array).map((v) => Math.max(-2, Math.min(2, v))),
    };
    const none = { shape: w.shape, data: new Float32Array(w.data.length) };
    const batch = {
      originals: images!,
      constants: { shape: [3], data: Float32Array.of(0.5, 1, 3) },
      rate: { shape: [], data: Float32Array.of(0.1) },
    };
    const iteration = async (loop: StepLoop): Promise<Named<Float32Array>> => {
      loop.setState({ w, first: none, second: none });
      const results = (await loop.run(batch)) as Named<Float32Array>;
      const { first } = await loop.readState();
      loop.dispose();
      return { ...results, first: first! };
    };
    const search = searchLoop(model, { objective, chosen: 7, kappa: 5 });
    const wanted = await iteration(await startPlain(reference, search));
    expect(worstDifference(await iteration(await start(search, threads[0]!)), wanted)).toBeLessThan(1e-4);
  });

  test('projected gradient descent: as on cpu, five steps', async () => {
    const originals = batchOf(SMALL, 3, 7).images!;
    const descent = descentLoop(SMALL, originals, { epsilon: 2, iterations: 5, chosen: 7 });
    const fiveSteps = async (loop: StepLoop): Promise<Named<Float32Array>> => {
      for (let step = 0; step < 4; step++) await loop.run({ originals });
      const results = (await loop.run({ originals })) as Named<Float32Array>;
      const state = await loop.readState();
      loop.dispose();
      return { ...results, ...state };
    };
    const wanted = await fiveSteps(await startPlain('cpu', descent));
    expect(worstDifference(await fiveSteps(await start(descent, threads[0]!)), wanted)).toBeLessThan(1e-4);
  });
});
