/** The generator: an auto-encoder of two dense layers, from an image to a code to an image. */
import * as tf from '@tensorflow/tfjs-core';
import type { Arrays, Named } from '../../../../lib/compute/step-loop.ts';
import type { Shape } from '../../../../lib/dataset/split.ts';
import { stream } from '../../rng.ts';

export const GENERATOR_PARAMETERS = ['encoder', 'encoder/bias', 'decoder', 'decoder/bias'] as const;

/** Weights from the uniform distribution of Glorot and Bengio (2010, equation 16), biases 0. */
export function initialiseGenerator(shape: Shape, hidden: number, seed: number): Arrays {
  const pixels = shape[0] * shape[1] * shape[2];
  const limit = Math.sqrt(6 / (pixels + hidden));
  const drawn = (name: string): Float32Array => {
    const rng = stream(seed, 'generator', name);
    return Float32Array.from({ length: pixels * hidden }, () => rng.uniformIn(-limit, limit));
  };
  return {
    encoder: { shape: [pixels, hidden], data: drawn('encoder') },
    'encoder/bias': { shape: [hidden], data: new Float32Array(hidden) },
    decoder: { shape: [hidden, pixels], data: drawn('decoder') },
    'decoder/bias': { shape: [pixels], data: new Float32Array(pixels) },
  };
}

/** G(x): float32 of the shape of `images`, in (-0.5, 0.5). `parameters`: in the order of GENERATOR_PARAMETERS. */
export function generate(parameters: readonly tf.Tensor[], images: tf.Tensor4D): tf.Tensor4D {
  const [encoder, encoderBias, decoder, decoderBias] = parameters as [tf.Tensor2D, tf.Tensor, tf.Tensor2D, tf.Tensor];
  const flat = tf.reshape(images, [images.shape[0], -1]) as tf.Tensor2D;
  const code = tf.relu(tf.add(tf.matMul(flat, encoder), encoderBias)) as tf.Tensor2D;
  const out = tf.mul(tf.tanh(tf.add(tf.matMul(code, decoder), decoderBias)), 0.5);
  return tf.reshape(out, images.shape);
}

/** In the order of GENERATOR_PARAMETERS. */
export function generatorIn<T>(named: Named<T>): T[] {
  return GENERATOR_PARAMETERS.map((name) => named[name] as T);
}
