/** Adam on one tensor, as the attack uses it. */
import * as tf from '@tensorflow/tfjs-core';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
// TensorFlow's, which the paper used; that of tfjs is 1e-7.
const EPSILON = 1e-8;

/** The learning rate with both bias corrections, for step t >= 1: Kingma and Ba (2015), end of section 2. */
export function adamRate(learningRate: number, t: number): number {
  return (learningRate * Math.sqrt(1 - BETA_2 ** t)) / (1 - BETA_1 ** t);
}

/** Kingma and Ba (2015), algorithm 1, in the order of its section 2. `rate`: adamRate of this step, as a scalar. */
export function adamStep(
  { w, first, second }: { readonly w: tf.Tensor; readonly first: tf.Tensor; readonly second: tf.Tensor },
  gradient: tf.Tensor,
  rate: tf.Tensor,
): { w: tf.Tensor; first: tf.Tensor; second: tf.Tensor } {
  const newFirst = tf.add(tf.mul(first, BETA_1), tf.mul(gradient, 1 - BETA_1));
  const newSecond = tf.add(tf.mul(second, BETA_2), tf.mul(tf.square(gradient), 1 - BETA_2));
  const moved = tf.sub(w, tf.mul(tf.div(newFirst, tf.add(tf.sqrt(newSecond), EPSILON)), rate));
  return { w: moved, first: newFirst, second: newSecond };
}
