/** Adam on one tensor, as the attack uses it. */
import * as tf from '@tensorflow/tfjs-core';

export interface Adam {
  w: tf.Tensor4D;
  first: tf.Tensor;
  second: tf.Tensor;
  step: number;
}

export function startAdam(w: tf.Tensor4D): Adam {
  return { w, first: tf.zerosLike(w), second: tf.zerosLike(w), step: 0 };
}

/** Kingma and Ba (2015), algorithm 1 in the order of its section 2, with TensorFlow's epsilon of 1e-8 (that of tfjs is 1e-7). */
export function stepAdam(adam: Adam, gradient: tf.Tensor, learningRate: number): void {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const { w, first, second } = adam;
  adam.step++;
  const rate = (learningRate * Math.sqrt(1 - beta2 ** adam.step)) / (1 - beta1 ** adam.step);
  const [m, v, next] = tf.tidy(() => {
    const newFirst = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
    const newSecond = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    return [newFirst, newSecond, tf.sub(w, tf.mul(tf.div(newFirst, tf.add(tf.sqrt(newSecond), epsilon)), rate))];
  });
  tf.dispose([w, first, second]);
  Object.assign(adam, { w: next, first: m, second: v });
}
