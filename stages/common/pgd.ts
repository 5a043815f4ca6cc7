/** The attack without a search: steepest descent of the margin inside an L2 ball. */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../lib/compute/start.ts';
import type { LoopStart, NumberArray } from '../../lib/compute/step-loop.ts';
import type { Split } from '../../lib/dataset/split.ts';
import type { AttackOptions, Batch, Tick } from './attack-options.ts';
import { computeLogits, namedWeights, weightsIn, type Model } from './models.ts';
import { marginOf } from './objectives.ts';
import { allRecords, toArray } from './pixels.ts';

/** `alpha`, the step, is 2.5 epsilon / iterations (Madry et al. 2018). */
export async function descendInBall(model: Model, sources: Split, options: AttackOptions, tick: Tick): Promise<Batch> {
  const originals = toArray(sources, allRecords(sources));
  const loop = startLoop(descentLoop(model, originals, options));
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    await loop.run({ originals });
    await tick(`radius ${options.epsilon}`);
  }
  const { images } = await loop.readState();
  // Once more for the margins of the last images, not for another step.
  const { margins } = await loop.run({ originals });
  loop.dispose();
  return { images: images as Float32Array, reached: Array.from(margins as Float32Array, (value) => value < 0) };
}

/** x <- P(x - alpha g / |g|), P onto the ball of radius epsilon around the batch's `originals` and onto the box. Starts at `images`. */
export function descentLoop(
  model: Model,
  images: NumberArray,
  { epsilon, iterations, chosen }: Pick<AttackOptions, 'epsilon' | 'iterations' | 'chosen'>,
): LoopStart {
  const alpha = (2.5 * epsilon) / iterations;
  const lengthOf = (x: tf.Tensor) => tf.sqrt(tf.add(tf.sum(tf.square(x), [1, 2, 3], true), 1e-12));
  return {
    state: { images },
    constants: namedWeights(model),
    body: ({ state, batch, constants }) => {
      const kept: { margins?: tf.Tensor } = {};
      const descent = tf.valueAndGrad((x: tf.Tensor) => {
        const logits = computeLogits(model.architecture, weightsIn(model, constants), x as tf.Tensor4D);
        kept.margins = tf.keep(marginOf(logits, chosen));
        return tf.sum(kept.margins);
      })(state.images as tf.Tensor);
      const step = tf.mul(tf.div(descent.grad, lengthOf(descent.grad)), alpha);
      const delta = tf.sub(tf.sub(state.images as tf.Tensor, step), batch.originals as tf.Tensor);
      const shrink = tf.minimum(tf.div(epsilon, lengthOf(delta)), 1);
      const moved = tf.add(batch.originals as tf.Tensor, tf.mul(delta, shrink));
      return { state: { images: tf.clipByValue(moved, -0.5, 0.5) }, results: { margins: kept.margins as tf.Tensor } };
    },
  };
}
