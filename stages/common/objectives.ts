/** What the poison's pixels are optimised for. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Z(x)_y' - max { Z(x)_i : i != y' }, float32 [N]: the loss of Kwon, Yoon and Park (2019), equation 1. Negative where the model
 * prefers another class. `logits`: float32 [N, classes].
 */
export function marginOf(logits: tf.Tensor2D, chosen: number): tf.Tensor1D {
  const classCount = logits.shape[1];
  const isChosen = tf.tensor1d(Float32Array.from({ length: classCount }, (_, i) => (i === chosen ? 1 : 0)));
  const own = tf.sum(tf.mul(logits, isChosen), 1);
  // As Carlini and Wagner's code: the class itself is taken out of the maximum by subtracting more than any logit.
  const best = tf.max(tf.sub(logits, tf.mul(isChosen, 10_000)), 1);
  return tf.sub(own, best) as tf.Tensor1D;
}

/** max(margin, -kappa): past a lead of kappa nothing is gained (Carlini and Wagner 2017, equation 4 and f_6). */
export function hinge(margin: tf.Tensor1D, kappa: number): tf.Tensor1D {
  return tf.maximum(margin, tf.scalar(-kappa)) as tf.Tensor1D;
}

/** Squared L2 distance per record, float32 [N]; unit scale. */
export function squaredDistance(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D {
  return tf.sum(tf.square(tf.sub(a, b)), [1, 2, 3]) as tf.Tensor1D;
}

// Pure black and white have an infinite arctanh; Carlini and Wagner's code shrinks by the same factor.
const SHRINK = 0.999999;

/** w with tanh(w) / 2 = 0.999999 x, for x in [-0.5, 0.5]: the change of variable that makes the box constraint vanish. */
export function toTanhSpace(images: Float32Array): Float32Array {
  return images.map((x) => Math.atanh(2 * x * SHRINK));
}

/** tanh(w) / 2, in (-0.5, 0.5). */
export function fromTanhSpace(w: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(tf.tanh(w), 0.5);
}
