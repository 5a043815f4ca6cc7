/** What a model answers. */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../lib/compute/start.ts';
import type { Split } from '../../lib/dataset/split.ts';
import { computeLogits, namedWeights, weightsIn, type Model } from './models.ts';
import { toArray } from './pixels.ts';

// Large enough for the matrix products to be efficient, small enough for 100 MB of activations.
const BATCH = 250;

/** argmax Z(x) for every record: uint8 [N]. Equal logits go to the smaller class; logits that are not numbers to class 0. */
export async function classify(model: Model, split: Split): Promise<Uint8Array> {
  const loop = startLoop({
    state: {},
    constants: namedWeights(model),
    body: ({ batch, constants }) => {
      const logits = computeLogits(model.architecture, weightsIn(model, constants), batch.images as tf.Tensor4D);
      return { state: {}, results: { answers: tf.argMax(logits, 1) } };
    },
  });
  const answers = new Uint8Array(split.count);
  for (let start = 0; start < split.count; start += BATCH) {
    const indexes = Array.from({ length: Math.min(BATCH, split.count - start) }, (_, i) => start + i);
    const batch = await loop.run({ images: toArray(split, indexes) });
    answers.set(batch.answers as Int32Array, start);
  }
  loop.dispose();
  return answers;
}
