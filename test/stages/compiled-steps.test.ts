/** The experiment's own steps on ONNX Runtime: as on the plain backends, and the same bits twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { startEagerLoop } from '../../lib/compute/eager-loop.ts';
import { registerGradients } from '../../lib/compute/gradients.ts';
import { findBlockSize } from '../../lib/compute/onnx/block-size.ts';
import { startOnnxLoop } from '../../lib/compute/onnx/onnx-loop.ts';
import type { Arrays, Named, StepLoop } from '../../lib/compute/step-loop.ts';
import { registerWasmKernels } from '../../lib/compute/wasm-kernels.ts';
import { searchLoop } from '../../stages/common/attack.ts';
import type { Objective } from '../../stages/common/attack-options.ts';
import { initialiseModel, type Model } from '../../stages/common/models.ts';
import { stream } from '../../stages/common/rng.ts';
import { descentLoop } from '../../stages/common/pgd.ts';
import { trainingLoop } from '../../stages/common/training.ts';
import { toTanhSpace } from '../../stages/common/objectives.ts';

const SMALL: Model = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);
const VGG: Model = initialiseModel({ architecture: 'table-a3', input: [32, 32, 3], classCount: 10 }, 1);

const block = await findBlockSize(ort);

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

describe('a training step on onnx', () => {
  test.each([
    ['table-a1, momentum', SMALL, { momentum: 0.9, nesterov: false }, 3, 'cpu'],
    ['table-a1, Nesterov, batch of one', SMALL, { momentum: 0.9, nesterov: true }, 1, 'cpu'],
    ['table-a1, no momentum', SMALL, { momentum: 0, nesterov: false }, 2, 'cpu'],
    // Plain JavaScript takes minutes for VGG19; wasm agrees with it by test/compute.
    ['table-a3, momentum', VGG, { momentum: 0.9, nesterov: false }, 2, 'wasm'],
  ] as const)('%s: weights and momenta as on a plain backend', async (_name, model, options, count, reference) => {
    await tf.setBackend(reference);
    const [plain, compiled] = [
      startEagerLoop,
      (loop: ReturnType<typeof trainingLoop>) => startOnnxLoop(ort, loop, { threads: 2, block }),
    ].map((start) => start(trainingLoop(model, zeros(model), options))) as [StepLoop, StepLoop];
    const batch = batchOf(model, count, 1);
    const [wanted, found] = [await plain.run(batch), await compiled.run(batch)];
    expect(found.loss![0]! / wanted.loss![0]!).toBeCloseTo(1, 5);
    expect(found.answers).toEqual(wanted.answers);
    expect(worstDifference((await compiled.readState()) as never, (await plain.readState()) as never)).toBeLessThan(
      1e-4,
    );
    plain.dispose();
    compiled.dispose();
  });

  test('the loss falls along the same curve as on wasm for a hundred steps, the last batches short', async () => {
    await tf.setBackend('wasm');
    const start = () => trainingLoop(SMALL, zeros(SMALL), { momentum: 0.9, nesterov: false });
    const [plain, compiled] = [startEagerLoop(start()), startOnnxLoop(ort, start(), { threads: 1, block })];
    const curve: number[] = [];
    for (let step = 0; step < 100; step++) {
      const batch = batchOf(SMALL, step % 10 === 9 ? 3 : 8, step, 0.005);
      const [wanted, found] = [(await plain.run(batch)).loss![0]!, (await compiled.run(batch)).loss![0]!];
      expect(Math.abs(found - wanted)).toBeLessThan(0.02 * Math.max(wanted, 0.05));
      curve.push(found);
    }
    const meanOf = (losses: readonly number[]): number => losses.reduce((a, b) => a + b) / losses.length;
    expect(meanOf(curve.slice(-20))).toBeLessThan(meanOf(curve.slice(0, 20)) - 0.05);
    plain.dispose();
    compiled.dispose();
  });

  test.each([1, 2])('with %i threads gives the same bits twice', async (threads) => {
    const runs: Named<Float32Array>[] = [];
    for (let again = 0; again < 2; again++) {
      const training = trainingLoop(SMALL, zeros(SMALL), { momentum: 0.9, nesterov: true });
      const loop = startOnnxLoop(ort, training, { threads, block });
      for (let step = 0; step < 5; step++) await loop.run(batchOf(SMALL, step === 4 ? 7 : 32, step));
      runs.push(await loop.readState());
      loop.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  });
});

describe('an iteration of the attack on onnx', () => {
  test.each([
    ['table-a1', 'margin-away', 'cpu'],
    ['table-a1', 'margin-toward', 'cpu'],
    ['table-a1', 'equation-1', 'cpu'],
    ['table-a3', 'margin-away', 'wasm'],
  ] as const)('%s, %s: as on %s', async (architecture, objective: Objective, reference) => {
    await tf.setBackend(reference);
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
    const ends: Named<Float32Array>[] = [];
    const loop = searchLoop(model, { objective, chosen: 7, kappa: 5 });
    for (const started of [startEagerLoop(loop), startOnnxLoop(ort, loop, { threads: 1, block })]) {
      started.setState({ w, first: none, second: none });
      const results = await started.run(batch);
      ends.push({ ...(results as Named<Float32Array>), first: (await started.readState()).first! });
      started.dispose();
    }
    expect(worstDifference(ends[1]!, ends[0]!)).toBeLessThan(1e-4);
  });

  test('projected gradient descent: as on cpu, five steps', async () => {
    await tf.setBackend('cpu');
    const originals = batchOf(SMALL, 3, 7).images!;
    const loop = descentLoop(SMALL, originals, { epsilon: 2, iterations: 5, chosen: 7 });
    const ends: Named<Float32Array>[] = [];
    for (const started of [startEagerLoop(loop), startOnnxLoop(ort, loop, { threads: 1, block })]) {
      for (let step = 0; step < 4; step++) await started.run({ originals });
      const results = (await started.run({ originals })) as Named<Float32Array>;
      ends.push({ ...results, ...(await started.readState()) });
      started.dispose();
    }
    expect(worstDifference(ends[1]!, ends[0]!)).toBeLessThan(1e-4);
  });
});
