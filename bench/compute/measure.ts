/**
 * One engine in one process: times training steps, iterations of the attack, and an epoch, and prints them as one line of JSON.
 * bench/compute/run.mjs calls it; its first argument is JSON: see Request.
 */
import * as tf from '@tensorflow/tfjs-core';
import { systemClock } from '../../lib/base/clock.ts';
import { chooseBackend, formatIdentity } from '../../lib/compute/identify.ts';
import { registerGradients } from '../../lib/compute/gradients.ts';
import { startEagerLoop } from '../../lib/compute/eager-loop.ts';
import { startCompute, startLoop } from '../../lib/compute/start.ts';
import type { LoopStart, StepLoop } from '../../lib/compute/step-loop.ts';
import { makeSplit, type Split } from '../../lib/dataset/split.ts';
import { searchLoop } from '../../stages/common/attack.ts';
import { initialiseModel, type ArchitectureName, type Model } from '../../stages/common/models.ts';
import { allRecords, toArray } from '../../stages/common/pixels.ts';
import { stream } from '../../stages/common/rng.ts';
import { trainingLoop, trainStep } from '../../stages/common/training.ts';
import { shareOfProducts } from './share.ts';
import { registerComposedFilterGradient } from './wasm-before.ts';

interface Request {
  /** A backend of Assay, or `wasm-before`: wasm without Assay's kernels. */
  readonly engine: string;
  readonly threads: number;
  readonly architecture: ArchitectureName;
  readonly batchSize: number;
  readonly steps: number;
  readonly iterations: number;
  /** Images of the one epoch that is timed whole, loading included; 0: none. */
  readonly epoch: number;
  /** Whether to have ONNX Runtime say where a step's time goes. */
  readonly profile: boolean;
}

const request = JSON.parse(process.argv[2] as string) as Request;
const { architecture, batchSize } = request;
const [identity, start] = await startEngine();

const model = initialiseModel({ architecture, input: [...shapeOf(architecture)], classCount: 10 }, 1);
const still = model.weights.map((array) => new Float32Array(array.length));
const training = trainingLoop(model, still, { momentum: 0.9, nesterov: false });
const data = randomImages(batchSize);
const indexes = Uint32Array.from(allRecords(data));

const loop = start(training);
const steps = await timesOf(request.steps, () => trainStep(loop, model, data, indexes, 0.001, {}));
loop.dispose();
const iterations = request.iterations === 0 ? [] : await timeAttack(model, data);
const epoch = request.epoch === 0 ? null : await timeEpoch(model, randomImages(request.epoch));
const products = request.profile ? await shareOfProducts(training, model, data, request.threads) : null;
// resourceUsage counts in KiB.
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ identity, steps, iterations, epoch, products, peakMiB }));

async function startEngine(): Promise<[identity: string, start: (loop: LoopStart) => StepLoop]> {
  if (request.engine !== 'wasm-before') {
    const choice = chooseBackend(request.engine, process.cwd(), request.threads);
    await startCompute({ backend: choice.name, version: choice.version, threads: choice.threads });
    return [formatIdentity(choice), startLoop];
  }
  tf.enableProdMode();
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  registerGradients();
  registerComposedFilterGradient();
  return ['wasm without Assay’s kernels', startEagerLoop];
}

function shapeOf(name: ArchitectureName): readonly [number, number, number] {
  return name === 'table-a1' ? [28, 28, 1] : [32, 32, 3];
}

function randomImages(count: number): Split {
  const rng = stream(1, 'bench');
  const shape = [...shapeOf(architecture)] as [number, number, number];
  const pixels = Uint8Array.from({ length: count * shape[0] * shape[1] * shape[2] }, () => rng.below(256));
  return makeSplit(
    shape,
    pixels,
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  );
}

/** Milliseconds of each of `count` calls, after one that does not count. */
async function timesOf(count: number, work: () => Promise<unknown>): Promise<number[]> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const from = systemClock.elapsedMs();
    await work();
    times.push(systemClock.elapsedMs() - from);
  }
  return times;
}

async function timeAttack(attacked: Model, images: Split): Promise<number[]> {
  const search = start(searchLoop(attacked, { objective: 'margin-away', chosen: 7, kappa: 0 }));
  const originals = toArray(images, indexes);
  search.setState({ w: originals, first: originals, second: originals });
  const batch = {
    originals,
    constants: { shape: [batchSize], data: new Float32Array(batchSize).fill(1) },
    rate: { shape: [], data: Float32Array.of(0.1) },
  };
  const times = await timesOf(request.iterations, () => search.run(batch));
  search.dispose();
  return times;
}

/** Seconds of one pass over the images in a shuffled order, the last batch as short as it comes. */
async function timeEpoch(trained: Model, images: Split): Promise<number> {
  const epochLoop = start(training);
  const order = stream(1, 'order').permutation(images.count);
  const step = (from: number): Promise<unknown> =>
    trainStep(epochLoop, trained, images, order.subarray(from, from + batchSize), 0.001, {});
  await step(0);
  const began = systemClock.elapsedMs();
  for (let from = 0; from < images.count; from += batchSize) await step(from);
  epochLoop.dispose();
  return (systemClock.elapsedMs() - began) / 1000;
}
