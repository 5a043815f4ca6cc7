/** The minibatch loop: seeded, resumable to the bit, and honest about divergence. */
import * as tf from '@tensorflow/tfjs-core';
import type { Split } from '../../lib/dataset/split.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { computeLogits, type DropoutMask, type Model, toTensors } from './models.ts';
import { applyMomentum, learningRateAt, type MomentumOptions, type Schedule } from './optimiser.ts';
import { toOneHot, toTensor } from './pixels.ts';
import { stream } from './rng.ts';

export interface TrainingOptions extends Schedule, MomentumOptions {
  readonly epochs: number;
  /** Ends the training after so many minibatches, within an epoch if need be; null: `epochs` decides alone. */
  readonly steps: number | null;
  readonly batchSize: number;
  /** Fraction of the units set to 0 in the layers that Table A1 or A3 drop; 0: none. */
  readonly dropout: number;
}

export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Minibatches so far. */
  readonly step: number;
  readonly learningRate: number;
  /** Mean over the epoch's records while training; nats. Null once it is no number. */
  readonly loss: number | null;
  /** Of the same records, each with the weights just before its step. */
  readonly accuracy: number;
  /** What `afterEpoch` measured. */
  readonly [measured: string]: unknown;
}

export interface Trained<M extends Model> {
  readonly model: M;
  readonly curve: readonly EpochRecord[];
  readonly trajectory: readonly Record<string, unknown>[];
  readonly steps: number;
  /** The step whose loss was no finite number, where the training stopped; null when there was none. */
  readonly notANumberAtStep: number | null;
}

export interface TrainingHooks {
  /** Measured of the parameters at the end of each epoch, and added to its record. */
  readonly afterEpoch?: (parameters: readonly tf.Tensor[]) => Record<string, unknown>;
  /** Measured before the first step and after every `measureEvery` steps: the training's trajectory. */
  readonly afterSteps?: {
    readonly measureEvery: number;
    readonly measure: (parameters: readonly tf.Tensor[]) => Record<string, unknown>;
  };
  readonly progress?: (progress: { done: number; total: number; unit: string; label: string }) => void;
}

interface Note {
  readonly epoch: number;
  readonly step: number;
  readonly curve: readonly EpochRecord[];
  readonly trajectory: readonly Record<string, unknown>[];
}

/**
 * Trains a copy of `model` on `data` by cross entropy. Every epoch has its own order and every step its own dropout masks, from
 * (seed, epoch) and (seed, layer, step): what happens depends on nothing that a restart loses. After each epoch weights, momenta
 * and curves go into `checkpointFolder`; a killed training goes on from there and ends with the same bits.
 *
 * A loss that is no number ends the training with the weights before that step, and is reported in the result, not thrown: that
 * the paper's literal rates diverge is something to see.
 */
export async function train<M extends Model>(
  model: M,
  data: Split,
  seed: number,
  options: TrainingOptions,
  checkpointFolder: string,
  hooks: TrainingHooks = {},
): Promise<Trained<M>> {
  const saved = loadCheckpoint<Note>(checkpointFolder, 'training');
  const count = model.weights.length;
  const parameters = toTensors(saved === null ? model : { ...model, weights: saved.arrays.slice(0, count) });
  const momenta =
    saved === null
      ? parameters.map((tensor) => tf.zerosLike(tensor))
      : toTensors({ ...model, weights: saved.arrays.slice(count) });
  const curve = [...(saved?.note.curve ?? [])];
  const trajectory = [...(saved?.note.trajectory ?? [])];
  let { step, epoch } = saved?.note ?? { step: 0, epoch: 0 };
  let notANumberAtStep: number | null = null;

  const batches = Math.ceil(data.count / options.batchSize);
  const total = options.steps ?? options.epochs * batches;
  const measure = (): void => {
    if (hooks.afterSteps !== undefined) trajectory.push({ step, ...hooks.afterSteps.measure(parameters) });
  };
  if (saved === null) measure();

  for (; step < total && notANumberAtStep === null; epoch++) {
    const order = stream(seed, 'shuffle', epoch).permutation(data.count);
    const learningRate = learningRateAt(epoch, options);
    let [lossSum, hits, seen] = [0, 0, 0];
    for (let start = 0; start < data.count && step < total; start += options.batchSize) {
      const indexes = order.subarray(start, start + options.batchSize);
      const result = trainStep(
        model,
        parameters,
        momenta,
        data,
        indexes,
        learningRate,
        options,
        dropoutOf(seed, step, options),
      );
      if (result === null) {
        notANumberAtStep = step;
        break;
      }
      step++;
      lossSum += result.loss * indexes.length;
      hits += result.hits;
      seen += indexes.length;
      if (hooks.afterSteps !== undefined && step % hooks.afterSteps.measureEvery === 0) measure();
      hooks.progress?.({ done: step, total, unit: 'steps', label: `loss ${(lossSum / seen).toFixed(3)}` });
      // Lets the process notice that the engine is gone.
      await new Promise((resolve) => setImmediate(resolve));
    }
    // ReLU can hide a weight that is no number from the loss, so the weights are looked at too.
    const weights = parameters.map((tensor) => tensor.dataSync() as Float32Array);
    if (notANumberAtStep === null && weights.some((array) => !array.every(Number.isFinite))) notANumberAtStep = step;
    const loss = notANumberAtStep === null ? lossSum / seen : null;
    const measured = hooks.afterEpoch?.(parameters) ?? {};
    curve.push({ epoch: epoch + 1, step, learningRate, loss, accuracy: seen === 0 ? 0 : hits / seen, ...measured });
    if (notANumberAtStep !== null) break;
    const arrays = [...weights, ...momenta.map((tensor) => tensor.dataSync() as Float32Array)];
    saveCheckpoint<Note>(checkpointFolder, 'training', { note: { epoch: epoch + 1, step, curve, trajectory }, arrays });
  }

  const weights = parameters.map((tensor) => Float32Array.from(tensor.dataSync()));
  tf.dispose([...parameters, ...momenta]);
  return { model: { ...model, weights }, curve, trajectory, steps: step, notANumberAtStep };
}

/** Mean cross entropy of the softmax, in nats. `targets`: one-hot float32 [N, classes]. */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits), targets)), -1 / logits.shape[0]);
}

function trainStep(
  model: Model,
  parameters: tf.Tensor[],
  momenta: tf.Tensor[],
  data: Split,
  indexes: Uint32Array,
  learningRate: number,
  options: MomentumOptions,
  dropout: DropoutMask | null,
): { loss: number; hits: number } | null {
  const labels = Array.from(indexes, (index) => data.labels[index] as number);
  const images = toTensor(data, indexes);
  const targets = toOneHot(labels, model.classCount);
  let answers: tf.Tensor | undefined;
  const { value, grads } = tf.valueAndGrads((...now: tf.Tensor[]) => {
    const logits = computeLogits(model.architecture, now, images, dropout);
    answers = tf.keep(tf.argMax(logits, 1));
    return crossEntropy(logits, targets);
  })(parameters);
  const loss = value.dataSync()[0] as number;
  const answered = (answers as tf.Tensor).dataSync();
  if (Number.isFinite(loss)) applyMomentum(parameters, momenta, grads, learningRate, options);
  tf.dispose([images, targets, answers as tf.Tensor, value, ...grads]);
  return Number.isFinite(loss) ? { loss, hits: labels.filter((label, i) => label === answered[i]).length } : null;
}

/** Inverted dropout (Srivastava et al. 2014, section 10): kept units are scaled by 1 / (1 - rate). */
function dropoutOf(seed: number, step: number, { dropout: rate }: TrainingOptions): DropoutMask | null {
  if (rate === 0) return null;
  return (layer, shape) => {
    const rng = stream(seed, 'dropout', layer, step);
    const dropBelow = Math.round(rate * 2 ** 32);
    const kept = 1 / (1 - rate);
    return tf.tensor2d(
      Float32Array.from({ length: shape[0] * shape[1] }, () => (rng.uint32() < dropBelow ? 0 : kept)),
      shape,
    );
  };
}
