/** One step of stochastic gradient descent with momentum, and the learning rate of an epoch. */
import * as tf from '@tensorflow/tfjs-core';

export interface MomentumOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
}

export interface Schedule {
  readonly learningRate: number;
  /** Epochs between two decays. */
  readonly decayEvery: number;
  /** 1: the rate stays. */
  readonly decayFactor: number;
}

/**
 * As TensorFlow 1's MomentumOptimizer, which the paper used: a = momentum * a + g, then w = w - rate * a; with Nesterov's look-ahead
 * (Sutskever et al. 2013, equation 4, in TensorFlow's form) w = w - rate * (g + momentum * a). Gives the new w and a.
 */
export function momentumStep(
  weights: tf.Tensor,
  accumulated: tf.Tensor,
  gradient: tf.Tensor,
  rate: tf.Tensor,
  { momentum, nesterov }: MomentumOptions,
): { weights: tf.Tensor; accumulated: tf.Tensor } {
  const sum = tf.add(tf.mul(accumulated, momentum), gradient);
  const direction = nesterov ? tf.add(gradient, tf.mul(sum, momentum)) : sum;
  return { weights: tf.sub(weights, tf.mul(direction, rate)), accumulated: sum };
}

/**
 * The rate of an epoch, the first being 0: rate * factor^floor(epoch / every). Table A2's "Dropout/Delay rate 0.5/10" is read as
 * dropout 0.5 and a decay every 10 epochs; by what factor is not said, so that `decayFactor` is a parameter.
 */
export function learningRateAt(epoch: number, { learningRate, decayEvery, decayFactor }: Schedule): number {
  return learningRate * decayFactor ** Math.floor(epoch / decayEvery);
}
