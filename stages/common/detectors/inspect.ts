/** What a model makes of labelled records: its features of each, and its loss on the label that each carries. */
import type * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../../lib/compute/start.ts';
import type { Split } from '../../../lib/dataset/split.ts';
import { computeFeatures, logitsOf, namedWeights, weightsIn, type Model } from '../models.ts';
import { toArray } from '../pixels.ts';

const BATCH = 250;

export interface Inspection {
  /** Units of the last hidden layer. */
  readonly width: number;
  /** float32 [N, width]. */
  readonly features: Float32Array;
  /** Cross entropy of the record's label, nats: float64 [N]; Infinity where the model's answer is no number. */
  readonly losses: Float64Array;
}

export async function inspect(model: Model, split: Split): Promise<Inspection> {
  const loop = startLoop({
    state: {},
    constants: namedWeights(model),
    body: ({ batch, constants }) => {
      const parameters = weightsIn(model, constants);
      const features = computeFeatures(model.architecture, parameters, batch.images as tf.Tensor4D);
      return { state: {}, results: { features, logits: logitsOf(features, parameters) } };
    },
  });
  const width = (model.weights.at(-2) as Float32Array).length / model.classCount;
  const features = new Float32Array(split.count * width);
  const losses = new Float64Array(split.count);
  for (let start = 0; start < split.count; start += BATCH) {
    const indexes = Array.from({ length: Math.min(BATCH, split.count - start) }, (_, i) => start + i);
    const batch = await loop.run({ images: toArray(split, indexes) });
    features.set(batch.features as Float32Array, start * width);
    const logits = batch.logits as Float32Array;
    indexes.forEach((index, row) => {
      const own = logits.subarray(row * model.classCount, (row + 1) * model.classCount);
      losses[index] = crossEntropy(own, split.labels[index] as number);
    });
  }
  loop.dispose();
  return { width, features, losses };
}

function crossEntropy(logits: Float32Array, label: number): number {
  const highest = Math.max(...logits);
  const loss =
    highest + Math.log(logits.reduce((sum, z) => sum + Math.exp(z - highest), 0)) - (logits[label] as number);
  return Number.isNaN(loss) ? Infinity : loss;
}
