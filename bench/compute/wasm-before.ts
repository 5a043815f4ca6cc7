/**
 * A convolution's gradients as tfjs users on wasm have them: the backend's own kernel by the input, and by the filter, for which the
 * backend has none (tfjs issue 8474), one matrix product for each place of the filter, its slice transposed first. It stands in the
 * benchmark for "wasm without Assay's kernels".
 */
import * as tf from '@tensorflow/tfjs-core';

/** Call once, with the backend `wasm` set and none of Assay's own kernels registered. Valid padding and stride 1 only. */
export function registerComposedFilterGradient(): void {
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const [x, dy] = [inputs['x'], inputs['dy']].map((info) =>
        tf.engine().makeTensorFromTensorInfo(info as tf.TensorInfo),
      );
      const [filterHeight, filterWidth, channels, filters] = attrs?.['filterShape'] as [number, number, number, number];
      const [batch, height, width] = (dy as tf.Tensor).shape as [number, number, number, number];
      return tf.tidy(() => {
        const gradient = tf.reshape(dy as tf.Tensor, [-1, filters]);
        const products = Array.from({ length: filterHeight * filterWidth }, (_, place) => {
          const begin = [0, Math.floor(place / filterWidth), place % filterWidth, 0];
          const shifted = tf.slice(x as tf.Tensor, begin, [batch, height, width, channels]);
          return tf.matMul(tf.transpose(tf.reshape(shifted, [-1, channels])), gradient);
        });
        return tf.reshape(tf.stack(products), [filterHeight, filterWidth, channels, filters]);
      });
    },
  });
}
