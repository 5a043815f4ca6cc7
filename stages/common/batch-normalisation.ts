/** Batch normalisation of convolutions (Ioffe and Szegedy 2015): every channel is brought to mean beta and deviation gamma. */
import * as tf from '@tensorflow/tfjs-core';

/** Of one layer, each float32 [C]. */
export interface Moments {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** Keeps the root of a channel that never changes away from 0. */
const EPSILON = 1e-5;
/** Of the old moving moments at a step; the minibatch has the rest. */
const KEPT = 0.9;

/** gamma * (x - mean) / sqrt(variance + epsilon) + beta. `x`: float32 [N, h, w, C]; the rest [C]. */
export function normalise(x: tf.Tensor, { mean, variance }: Moments, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const scale = tf.div(gamma, tf.sqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(tf.sub(x, mean), scale), beta);
}

/** Mean and biased variance of each channel over the minibatch (Algorithm 1). `x`: float32 [N, h, w, C]. */
export function momentsOf(x: tf.Tensor): Moments {
  const share = 1 / sharers(x);
  const mean = tf.mul(tf.sum(x, [0, 1, 2]), share);
  return { mean, variance: tf.mul(tf.sum(tf.square(tf.sub(x, mean)), [0, 1, 2]), share) };
}

/** The moments that a model is used with, after a step on `x`, whose moments are `now`; the variance unbiased (Algorithm 2). */
export function movingMoments(before: Moments, now: Moments, x: tf.Tensor): Moments {
  const count = sharers(x);
  const move = (old: tf.Tensor, next: tf.Tensor): tf.Tensor => tf.add(tf.mul(old, KEPT), tf.mul(next, 1 - KEPT));
  const unbiased = tf.mul(now.variance, count / Math.max(count - 1, 1));
  return { mean: move(before.mean, now.mean), variance: move(before.variance, unbiased) };
}

function sharers(x: tf.Tensor): number {
  return x.size / (x.shape.at(-1) as number);
}
