/** Makes poison: moves the pixels of source images so that the model likes class y' less (or more), batch by batch. */
import * as tf from '@tensorflow/tfjs-core';
import { imageSizeBytes, makeSplit, selectRecords, type Split } from '../../lib/dataset/split.ts';
import { startAdam, stepAdam } from './adam.ts';
import type { AttackOptions, Batch, Logits, Objective, Tick } from './attack-options.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { computeLogits, type Model, toTensors } from './models.ts';
import { fromTanhSpace, hinge, marginOf, squaredDistance, toTanhSpace } from './objectives.ts';
import { descendInBall } from './pgd.ts';
import { toPixels, toTensor } from './pixels.ts';

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
  const parameters = toTensors(model);
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
    const logitsOf = (images: tf.Tensor4D) => computeLogits(model.architecture, parameters, images);
    const made =
      options.objective === 'pgd-l2'
        ? await descendInBall(logitsOf, part, options, tick)
        : await search(logitsOf, part, options, searchSteps, tick);
    parts.push(made.images);
    reached.push(...made.reached);
    saveCheckpoint(checkpointFolder, 'poison', { note: reached, arrays: parts });
  }
  tf.dispose(parameters);
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
  logitsOf: Logits,
  sources: Split,
  options: AttackOptions,
  searchSteps: number,
  tick: Tick,
): Promise<Batch> {
  const { count } = sources;
  const size = imageSizeBytes(sources.shape);
  const originals = toTensor(
    sources,
    Array.from({ length: count }, (_, i) => i),
  );
  const start = toTanhSpace(originals.dataSync() as Float32Array);
  const constants = new Float32Array(count).fill(options.initialConstant);
  const [low, high] = [new Float64Array(count), new Float64Array(count).fill(Infinity)];
  const best = new Float32Array(count * size);
  const bestDistance = new Float64Array(count).fill(Infinity);

  for (let round = 0; round < searchSteps; round++) {
    const reachedNow = new Array<boolean>(count).fill(false);
    const adam = startAdam(tf.tensor4d(start, originals.shape));
    for (let iteration = 0; iteration < options.iterations; iteration++) {
      const now = objectiveAt(logitsOf, adam.w, originals, constants, options);
      if (options.objective !== 'equation-1') keepNearest(now, reachedNow, bestDistance, best, size, options.kappa);
      stepAdam(adam, now.gradient, options.learningRate);
      tf.dispose([now.gradient, now.images]);
      await tick(`${reachedNow.filter(Boolean).length} of ${count} reached`);
    }
    const last = objectiveAt(logitsOf, adam.w, originals, constants, options);
    if (options.objective !== 'equation-1') keepNearest(last, reachedNow, bestDistance, best, size, options.kappa);
    const pixels = last.images.dataSync() as Float32Array;
    for (let i = 0; i < count; i++) {
      if (bestDistance[i] !== Infinity) continue;
      best.set(pixels.subarray(i * size, (i + 1) * size), i * size);
      if (options.objective === 'equation-1') reachedNow[i] = last.margins[i]! < 0;
    }
    if (options.objective === 'equation-1') reachedNow.forEach((r, i) => r && (bestDistance[i] = last.distances[i]!));
    tf.dispose([last.gradient, last.images, adam.w, adam.first, adam.second]);
    nextConstants(constants, low, high, reachedNow);
  }
  tf.dispose(originals);
  return { images: best, reached: Array.from(bestDistance, (d) => d !== Infinity) };
}

interface Evaluation {
  /** dLoss/dw, summed over the batch; each image's own, as the losses are summed. */
  readonly gradient: tf.Tensor4D;
  readonly images: tf.Tensor4D;
  /** What is minimised, without hinge: the margin, or its negative for margin-toward. */
  readonly margins: Float32Array;
  /** Squared L2, unit scale. */
  readonly distances: Float32Array;
}

/** The loss and its gradient at w. Exported for the finite-difference test. */
export function objectiveAt(
  logitsOf: Logits,
  w: tf.Tensor4D,
  originals: tf.Tensor4D,
  constants: Float32Array,
  options: Pick<AttackOptions, 'objective' | 'chosen' | 'kappa'>,
): Evaluation & { readonly loss: number } {
  const kept: { images?: tf.Tensor4D; margins?: tf.Tensor; distances?: tf.Tensor } = {};
  const { value, grad } = tf.valueAndGrad((now: tf.Tensor) => {
    const images = fromTanhSpace(now as tf.Tensor4D);
    const margin = marginOf(logitsOf(images), options.chosen);
    const signed = (options.objective === 'margin-toward' ? tf.neg(margin) : margin) as tf.Tensor1D;
    const distance = squaredDistance(images, originals);
    kept.images = tf.keep(images);
    kept.margins = tf.keep(signed);
    kept.distances = tf.keep(distance);
    if (options.objective === 'equation-1') return tf.sum(signed) as tf.Scalar;
    return tf.sum(tf.add(tf.mul(hinge(signed, options.kappa), tf.tensor1d(constants)), distance)) as tf.Scalar;
  })(w);
  const result = {
    loss: value.dataSync()[0] as number,
    gradient: grad as tf.Tensor4D,
    images: kept.images as tf.Tensor4D,
    margins: Float32Array.from((kept.margins as tf.Tensor).dataSync()),
    distances: Float32Array.from((kept.distances as tf.Tensor).dataSync()),
  };
  tf.dispose([value, kept.margins as tf.Tensor, kept.distances as tf.Tensor]);
  return result;
}

function keepNearest(
  now: Evaluation,
  reachedNow: boolean[],
  bestDistance: Float64Array,
  best: Float32Array,
  size: number,
  kappa: number,
): void {
  let pixels: Float32Array | undefined;
  now.margins.forEach((margin, i) => {
    if (margin > -kappa || (kappa === 0 && margin === 0)) return;
    reachedNow[i] = true;
    if (now.distances[i]! >= bestDistance[i]!) return;
    pixels ??= now.images.dataSync() as Float32Array;
    bestDistance[i] = now.distances[i]!;
    best.set(pixels.subarray(i * size, (i + 1) * size), i * size);
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
