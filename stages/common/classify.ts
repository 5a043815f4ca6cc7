/** What a model answers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Split } from '../../lib/dataset/split.ts';
import { computeLogits, type ModelShape } from './models.ts';
import { toTensor } from './pixels.ts';

// Large enough for the matrix products to be efficient, small enough for 100 MB of activations.
const BATCH = 250;

/** argmax Z(x) for every record: uint8 [N]. Equal logits go to the smaller class; logits that are not numbers to class 0. */
export function classify(model: ModelShape, parameters: readonly tf.Tensor[], split: Split): Uint8Array {
  const answers = new Uint8Array(split.count);
  for (let start = 0; start < split.count; start += BATCH) {
    const indexes = Array.from({ length: Math.min(BATCH, split.count - start) }, (_, i) => start + i);
    const batch = tf.tidy(() =>
      tf.argMax(computeLogits(model.architecture, parameters, toTensor(split, indexes)), 1).dataSync(),
    );
    answers.set(batch, start);
  }
  return answers;
}
