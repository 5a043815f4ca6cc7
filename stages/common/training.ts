/** The minibatch loop: seeded, resumable to the bit, and honest about divergence. */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../lib/compute/start.ts';
import type { Arrays, LoopStart, StepLoop } from '../../lib/compute/step-loop.ts';
import type { Split } from '../../lib/dataset/split.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { computeLogits, droppedLayers, type Model, namedWeights, parametersOf, weightsIn } from './models.ts';
import { learningRateAt, type MomentumOptions, momentumStep, type Schedule } from './optimiser.ts';
import { toArray, toOneHot } from './pixels.ts';
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

type Measure = (model: Model) => Promise<Record<string, unknown>>;

export interface TrainingHooks {
  /** Measured of the model at the end of each epoch, and added to its record. */
  readonly afterEpoch?: Measure;
  /** Measured before the first step and after every `measureEvery` steps: the training's trajectory. */
  readonly afterSteps?: { readonly measureEvery: number; readonly measure: Measure };
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
  const loop = startLoop(
    trainingLoop(
      saved === null ? model : { ...model, weights: saved.arrays.slice(0, count) },
      saved === null ? model.weights.map((array) => new Float32Array(array.length)) : saved.arrays.slice(count),
      options,
    ),
  );
  const curve = [...(saved?.note.curve ?? [])];
  const trajectory = [...(saved?.note.trajectory ?? [])];
  let { step, epoch } = saved?.note ?? { step: 0, epoch: 0 };
  let notANumberAtStep: number | null = null;

  const batches = Math.ceil(data.count / options.batchSize);
  const total = options.steps ?? options.epochs * batches;
  const measure = async (): Promise<void> => {
    if (hooks.afterSteps === undefined) return;
    const { weights } = await readTraining(loop, model);
    trajectory.push({ step, ...(await hooks.afterSteps.measure({ ...model, weights })) });
  };
  if (saved === null) await measure();

  for (; step < total && notANumberAtStep === null; epoch++) {
    const order = stream(seed, 'shuffle', epoch).permutation(data.count);
    const learningRate = learningRateAt(epoch, options);
    let [lossSum, hits, seen] = [0, 0, 0];
    for (let start = 0; start < data.count && step < total; start += options.batchSize) {
      const indexes = order.subarray(start, start + options.batchSize);
      const result = await trainStep(
        loop,
        model,
        data,
        indexes,
        learningRate,
        masksOf(model, seed, step, indexes.length, options),
      );
      if (result === null) {
        notANumberAtStep = step;
        break;
      }
      step++;
      lossSum += result.loss * indexes.length;
      hits += result.hits;
      seen += indexes.length;
      if (hooks.afterSteps !== undefined && step % hooks.afterSteps.measureEvery === 0) await measure();
      hooks.progress?.({ done: step, total, unit: 'steps', label: `loss ${(lossSum / seen).toFixed(3)}` });
      // Lets the process notice that the engine is gone.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { weights, momenta } = await readTraining(loop, model);
    // ReLU can hide a weight that is no number from the loss, so the weights are looked at too.
    if (notANumberAtStep === null && weights.some((array) => !array.every(Number.isFinite))) notANumberAtStep = step;
    const loss = notANumberAtStep === null ? lossSum / seen : null;
    const measured = (await hooks.afterEpoch?.({ ...model, weights })) ?? {};
    curve.push({ epoch: epoch + 1, step, learningRate, loss, accuracy: seen === 0 ? 0 : hits / seen, ...measured });
    if (notANumberAtStep !== null) break;
    const note = { epoch: epoch + 1, step, curve, trajectory };
    saveCheckpoint<Note>(checkpointFolder, 'training', { note, arrays: [...weights, ...momenta] });
  }

  const { weights } = await readTraining(loop, model);
  loop.dispose();
  return { model: { ...model, weights }, curve, trajectory, steps: step, notANumberAtStep };
}

const MOMENTUM = 'momentum of ';
const MASK = 'dropout of ';

/** The state: weights and momenta. A step: one minibatch. */
export function trainingLoop(model: Model, momenta: readonly Float32Array[], options: MomentumOptions): LoopStart {
  return {
    state: { ...namedWeights(model), ...namedWeights({ ...model, weights: momenta }, MOMENTUM) },
    constants: {},
    body: ({ state, batch }) => {
      const images = batch.images as tf.Tensor4D;
      const dropout = Object.keys(batch).some((name) => name.startsWith(MASK))
        ? (layer: string) => batch[`${MASK}${layer}`] as tf.Tensor
        : null;
      const kept: { answers?: tf.Tensor } = {};
      const observed: Record<string, tf.Tensor> = {};
      const observe = (name: string, value: tf.Tensor): void => void (observed[name] = tf.keep(value));
      const trained = parametersOf(model).filter(({ kind }) => kind === 'trained');
      const weights = trained.map(({ name }) => state[name] as tf.Tensor);
      const { value, grads } = tf.valueAndGrads((...now: tf.Tensor[]) => {
        const moving = { ...state, ...Object.fromEntries(trained.map(({ name }, i) => [name, now[i] as tf.Tensor])) };
        const logits = computeLogits(model.architecture, weightsIn(model, moving), images, { dropout, observe });
        kept.answers = tf.keep(tf.argMax(logits, 1));
        return crossEntropy(logits, batch.targets as tf.Tensor2D);
      })(weights);
      const moved = trained.flatMap(({ name }, i) => {
        const accumulated = state[`${MOMENTUM}${name}`] as tf.Tensor;
        const [weight, gradient] = [weights[i] as tf.Tensor, grads[i] as tf.Tensor];
        const next = momentumStep(weight, accumulated, gradient, batch.rate as tf.Tensor, options);
        return [
          [name, next.weights],
          [`${MOMENTUM}${name}`, next.accumulated],
        ] as const;
      });
      return {
        state: { ...state, ...observed, ...Object.fromEntries(moved) },
        results: { loss: value, answers: kept.answers as tf.Tensor },
      };
    },
  };
}

async function readTraining(
  loop: StepLoop,
  model: Model,
): Promise<{ weights: Float32Array[]; momenta: Float32Array[] }> {
  const state = await loop.readState();
  return { weights: weightsIn(model, state), momenta: weightsIn(model, state, MOMENTUM) };
}

/** One minibatch; null, and nothing changed, when its loss is no finite number. */
export async function trainStep(
  loop: StepLoop,
  model: Model,
  data: Split,
  indexes: Uint32Array,
  learningRate: number,
  masks: Arrays,
): Promise<{ loss: number; hits: number } | null> {
  const labels = Array.from(indexes, (index) => data.labels[index] as number);
  const { loss, answers } = await loop.run({
    images: toArray(data, indexes),
    targets: toOneHot(labels, model.classCount),
    rate: { shape: [], data: Float32Array.of(learningRate) },
    ...masks,
  });
  const value = loss?.[0] as number;
  if (Number.isFinite(value)) return { loss: value, hits: labels.filter((label, i) => label === answers?.[i]).length };
  loop.rollBack();
  return null;
}

/** Mean cross entropy of the softmax, in nats. `targets`: one-hot float32 [N, classes]. */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits), targets)), -1 / logits.shape[0]);
}

/**
 * Inverted dropout (Srivastava et al. 2014, section 10): kept units are scaled by 1 / (1 - rate). Every layer and step has its own
 * mask, float32 [N, units].
 */
function masksOf(model: Model, seed: number, step: number, count: number, { dropout: rate }: TrainingOptions): Arrays {
  if (rate === 0) return {};
  const dropBelow = Math.round(rate * 2 ** 32);
  const kept = 1 / (1 - rate);
  const masks = droppedLayers(model).map(({ name, units }) => {
    const rng = stream(seed, 'dropout', name, step);
    const data = Float32Array.from({ length: count * units }, () => (rng.uint32() < dropBelow ? 0 : kept));
    return [`${MASK}${name}`, { shape: [count, units], data }] as const;
  });
  return Object.fromEntries(masks);
}
