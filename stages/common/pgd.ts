/** The attack without a search: steepest descent of the margin inside an L2 ball. */
import * as tf from '@tensorflow/tfjs-core';
import type { Split } from '../../lib/dataset/split.ts';
import type { AttackOptions, Batch, Logits, Tick } from './attack-options.ts';
import { marginOf } from './objectives.ts';
import { toTensor } from './pixels.ts';

/** x <- P(x - alpha g / |g|), P onto the ball of radius epsilon and the box; alpha = 2.5 epsilon / iterations (Madry et al. 2018). */
export async function descendInBall(
  logitsOf: Logits,
  sources: Split,
  options: AttackOptions,
  tick: Tick,
): Promise<Batch> {
  const originals = toTensor(
    sources,
    Array.from({ length: sources.count }, (_, i) => i),
  );
  const alpha = (2.5 * options.epsilon) / options.iterations;
  const lengthOf = (x: tf.Tensor) => tf.sqrt(tf.add(tf.sum(tf.square(x), [1, 2, 3], true), 1e-12));
  const margin = (x: tf.Tensor) => marginOf(logitsOf(x as tf.Tensor4D), options.chosen);
  let images = tf.clone(originals);
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    const next = tf.tidy(() => {
      const gradient = tf.grad((x: tf.Tensor) => tf.sum(margin(x)))(images);
      const delta = tf.sub(tf.sub(images, tf.mul(tf.div(gradient, lengthOf(gradient)), alpha)), originals);
      const shrink = tf.minimum(tf.div(options.epsilon, lengthOf(delta)), 1);
      return tf.clipByValue(tf.add(originals, tf.mul(delta, shrink)), -0.5, 0.5) as tf.Tensor4D;
    });
    images.dispose();
    images = next;
    await tick(`radius ${options.epsilon}`);
  }
  const margins = tf.tidy(() => margin(images).dataSync());
  const result = {
    images: Float32Array.from(images.dataSync()),
    reached: Array.from(margins, (value) => value < 0),
  };
  tf.dispose([images, originals]);
  return result;
}
