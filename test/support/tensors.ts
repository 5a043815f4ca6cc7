/** Between the arrays of loops and tensors, for tests that look inside a step. */
import * as tf from '@tensorflow/tfjs-core';
import type { NumberArray } from '../../lib/compute/step-loop.ts';
import { namedWeights, type Model } from '../../stages/common/models.ts';

export function toTensor<R extends tf.Rank = tf.Rank>({ shape, data }: NumberArray): tf.Tensor<R> {
  return tf.tensor(data, shape as never) as tf.Tensor<R>;
}

/** The parameters in the order of `parametersOf`. */
export function toTensors(model: Model): tf.Tensor[] {
  return Object.values(namedWeights(model)).map((array) => tf.tensor(array.data, [...array.shape]));
}

export function values(tensor: tf.Tensor): number[] {
  return Array.from(tensor.dataSync());
}
