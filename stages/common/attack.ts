/** Makes poison: moves the pixels of source images so that the model likes class y' less (or more), batch by batch. */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../lib/compute/start.ts';
import type { LoopStart, Named, StepLoop } from '../../lib/compute/step-loop.ts';
import { imageSizeBytes, makeSplit, selectRecords, type Split } from '../../lib/dataset/split.ts';
import { adamRate, adamStep } from './adam.ts';
import type { AttackOptions, Batch, Logits, Objective, Tick } from './attack-options.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { computeLogits, type Model, namedWeights, weightsIn } from './models.ts';
import { fromTanhSpace, hinge, marginOf, squaredDistance, toTanhSpace } from './objectives.ts';
import { descendInBall } from './pgd.ts';
import { allRecords, toArray, toPixels } from './pixels.ts';

export interface Generated {
  readonly images: Uint8Array;
  /** Of each image, as floats before storage: did it reach what the objective aims at? */
  readonly reached: readonly boolean[];
}

/**
 * Poison for every source, in order, uint8. Deterministic: no random start. Batches already made are taken from `checkpointFolder`.
 * Where the objective has a distance, each image is the nearest iterate that reached its aim, or the last one when none did; where
 * it has none, the last one, as Algorithm 1 returns it.
 */
export async function generatePoison(
  model: Model,
  sources: Split,
  options: AttackOptions,
  checkpointFolder: string,
  progress: (p: { done: number; total: number; unit: string; label: string }) => void = () => {},
): Promise<Generated> {
  const saved = loadCheckpoint<boolean[]>(checkpointFolder, 'poison');
  const parts = [...(saved?.arrays ?? [])];
  const reached = [...(saved?.note ?? [])];
  const searchSteps = hasSearch(options.objective) ? options.searchSteps : 1;
  const batches = Math.ceil(sources.count / options.batchSize);
  const total = batches * searchSteps * options.iterations;
  const loop = options.objective === 'pgd-l2' ? null : startLoop(searchLoop(model, options));
  for (let batch = parts.length; batch < batches; batch++) {
    const start = batch * options.batchSize;
    const length = Math.min(options.batchSize, sources.count - start);
    const part = selectRecords(
      sources,
      Array.from({ length }, (_, i) => start + i),
    );
    let done = batch * searchSteps * options.iterations;
    const tick = async (label: string): Promise<void> => {
      progress({ done: ++done, total, unit: 'iterations', label });
      await new Promise((resolve) => setImmediate(resolve));
    };
    const made =
      loop === null
        ? await descendInBall(model, part, options, tick)
        : await search(loop, part, options, searchSteps, tick);
    parts.push(made.images);
    reached.push(...made.reached);
    saveCheckpoint(checkpointFolder, 'poison', { note: reached, arrays: parts });
  }
  loop?.dispose();
  const images = new Uint8Array(sources.count * imageSizeBytes(sources.shape));
  parts.reduce((at, part) => (images.set(toPixels(part), at), at + part.length), 0);
  return { images: makeSplit(sources.shape, images, sources.labels).images, reached };
}

function hasSearch(objective: Objective): boolean {
  return objective === 'margin-away' || objective === 'margin-toward';
}

/**
 * Adam in tanh space, restarted for each c: c is multiplied by 10 until an image reaches its aim, then bisected towards the smallest
 * c that does (Carlini and Wagner 2017, section VI-A; the search is their code's). Per image; the batch only shares the arithmetic.
 */
async function search(
  loop: StepLoop,
  sources: Split,
  options: AttackOptions,
  searchSteps: number,
  tick: Tick,
): Promise<Batch> {
  const { count } = sources;
  const size = imageSizeBytes(sources.shape);
  const originals = toArray(sources, allRecords(sources));
  const zeros = { shape: originals.shape, data: new Float32Array(originals.data.length) };
  const start = { w: { shape: originals.shape, data: toTanhSpace(originals.data) }, first: zeros, second: zeros };
  const constants = new Float32Array(count).fill(options.initialConstant);
  const [low, high] = [new Float64Array(count), new Float64Array(count).fill(Infinity)];
  const best = new Float32Array(count * size);
  const bestDistance = new Float64Array(count).fill(Infinity);

  for (let round = 0; round < searchSteps; round++) {
    const reachedNow = new Array<boolean>(count).fill(false);
    loop.setState(start);
    let now: Evaluation | undefined;
    // One more than the iterations: the last only looks at where the steps have led.
    for (let iteration = 0; iteration <= options.iterations; iteration++) {
      now = (await loop.run({
        originals,
        constants: { shape: [count], data: constants },
        rate: { shape: [], data: Float32Array.of(adamRate(options.learningRate, iteration + 1)) },
      })) as unknown as Evaluation;
      if (options.objective !== 'equation-1') keepNearest(now, reachedNow, bestDistance, best, size, options.kappa);
      if (iteration < options.iterations) await tick(`${reachedNow.filter(Boolean).length} of ${count} reached`);
    }
    const last = now as Evaluation;
    for (let i = 0; i < count; i++) {
      if (bestDistance[i] !== Infinity) continue;
      best.set(last.images.subarray(i * size, (i + 1) * size), i * size);
      if (options.objective === 'equation-1') reachedNow[i] = last.margins[i]! < 0;
    }
    if (options.objective === 'equation-1') reachedNow.forEach((r, i) => r && (bestDistance[i] = last.distances[i]!));
    nextConstants(constants, low, high, reachedNow);
  }
  return { images: best, reached: Array.from(bestDistance, (d) => d !== Infinity) };
}

/** What one run of the search's loop says of the images before its step. */
interface Evaluation {
  /** float32 [N * h * w * c] in [-0.5, 0.5]. */
  readonly images: Float32Array;
  /** What is minimised, without hinge: the margin, or its negative for margin-toward. */
  readonly margins: Float32Array;
  /** Squared L2, unit scale. */
  readonly distances: Float32Array;
}

/** The state: one batch's images in tanh space and Adam's moments, set anew for every batch and round. A step: one of Adam. */
export function searchLoop(model: Model, options: Pick<AttackOptions, 'objective' | 'chosen' | 'kappa'>): LoopStart {
  return {
    state: {},
    constants: namedWeights(model),
    body: ({ state, batch, constants: weights }) => {
      const logitsOf: Logits = (images) => computeLogits(model.architecture, weightsIn(model, weights), images);
      const { gradient, images, margins, distances } = objectiveAt(
        logitsOf,
        state.w as tf.Tensor4D,
        batch.originals as tf.Tensor4D,
        batch.constants as tf.Tensor1D,
        options,
      );
      const { w, first, second } = state as Named<tf.Tensor>;
      const adam = { w: w as tf.Tensor, first: first as tf.Tensor, second: second as tf.Tensor };
      return { state: adamStep(adam, gradient, batch.rate as tf.Tensor), results: { images, margins, distances } };
    },
  };
}

/** The loss, summed over the batch, and its gradient at w: each image's own, since the losses are summed. */
export function objectiveAt(
  logitsOf: Logits,
  w: tf.Tensor4D,
  originals: tf.Tensor4D,
  constants: tf.Tensor1D,
  options: Pick<AttackOptions, 'objective' | 'chosen' | 'kappa'>,
): { loss: tf.Scalar; gradient: tf.Tensor; images: tf.Tensor; margins: tf.Tensor; distances: tf.Tensor } {
  const kept: { images?: tf.Tensor; margins?: tf.Tensor; distances?: tf.Tensor } = {};
  const { value, grad } = tf.valueAndGrad((now: tf.Tensor) => {
    const images = fromTanhSpace(now as tf.Tensor4D);
    const margin = marginOf(logitsOf(images), options.chosen);
    const signed = (options.objective === 'margin-toward' ? tf.neg(margin) : margin) as tf.Tensor1D;
    const distance = squaredDistance(images, originals);
    kept.images = tf.keep(images);
    kept.margins = tf.keep(signed);
    kept.distances = tf.keep(distance);
    if (options.objective === 'equation-1') return tf.sum(signed) as tf.Scalar;
    return tf.sum(tf.add(tf.mul(hinge(signed, options.kappa), constants), distance)) as tf.Scalar;
  })(w);
  return {
    loss: value as tf.Scalar,
    gradient: grad,
    images: kept.images as tf.Tensor,
    margins: kept.margins as tf.Tensor,
    distances: kept.distances as tf.Tensor,
  };
}

function keepNearest(
  now: Evaluation,
  reachedNow: boolean[],
  bestDistance: Float64Array,
  best: Float32Array,
  size: number,
  kappa: number,
): void {
  now.margins.forEach((margin, i) => {
    if (margin > -kappa || (kappa === 0 && margin === 0)) return;
    reachedNow[i] = true;
    if (now.distances[i]! >= bestDistance[i]!) return;
    bestDistance[i] = now.distances[i]!;
    best.set(now.images.subarray(i * size, (i + 1) * size), i * size);
  });
}

function nextConstants(
  constants: Float32Array,
  low: Float64Array,
  high: Float64Array,
  reached: readonly boolean[],
): void {
  reached.forEach((isReached, i) => {
    const c = constants[i]!;
    if (isReached) high[i] = Math.min(high[i]!, c);
    else low[i] = Math.max(low[i]!, c);
    constants[i] = high[i] === Infinity ? c * 10 : (low[i]! + high[i]!) / 2;
  });
}
