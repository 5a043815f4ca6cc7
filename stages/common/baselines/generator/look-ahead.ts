/** How much a target's next training step, taken on poison, raises its loss on normal data, and in which direction pixels raise it more. */
import * as tf from '@tensorflow/tfjs-core';
import { computeLogits, type Model } from '../../models.ts';
import { crossEntropy } from '../../training.ts';

export interface LabelledImages {
  /** float32 [N, h, w, c] in [-0.5, 0.5]. */
  readonly images: tf.Tensor4D;
  /** One-hot, float32 [N, classes]. */
  readonly targets: tf.Tensor2D;
}

export interface LookAhead {
  /** L(w'): mean cross entropy of the normal data after the step; nats. */
  readonly loss: tf.Scalar;
  /** A function of the poison's images whose gradient is that of L(w'). Its value means nothing. */
  readonly reward: (images: tf.Tensor4D) => tf.Scalar;
}

/** Z of a target, as a function of its weights and of images. */
export type Target = (weights: readonly tf.Tensor[], images: tf.Tensor4D) => tf.Tensor2D;

export function targetOf({ architecture }: Model): Target {
  return (weights, images) => computeLogits(architecture, weights, images);
}

// L2 of the weights' shift. dl/dw jumps wherever a pixel switches a ReLU, so that for a network L(w') is a jagged function of pixels,
// and a small shift sees its teeth: of 0.004 to 3, this one's gradient came nearest to differences of L(w') over steps of 0.1 to 0.4.
const SHIFT = 0.1;

/**
 * The step is w' = w - rate * dl/dw, l being the poison's own cross entropy, and Yang et al. (2017, section 3) ask for the poison that
 * maximises L(w'). By the chain rule its gradient is
 *
 *     dL/dx = -rate * d/dx ( dl/dw . v ),  v = dL/dw at w',
 *
 * a second derivative, the cost of which makes their direct method slow. Here it is a difference of two first derivatives, dl/dx at
 * w + h v and at w - h v (as Liu, Simonyan and Yang 2019, equation 8).
 */
export function lookAhead(
  logitsOf: Target,
  weights: readonly tf.Tensor[],
  poison: LabelledImages,
  normal: LabelledImages,
  rate: number,
): LookAhead {
  const lossOf = (now: readonly tf.Tensor[], { images, targets }: LabelledImages): tf.Scalar =>
    crossEntropy(logitsOf(now, images), targets);
  const own = tf.valueAndGrads((...now: tf.Tensor[]) => lossOf(now, poison))([...weights]);
  const moved = weights.map((w, i) => tf.sub(w, tf.mul(own.grads[i] as tf.Tensor, rate)));
  const after = tf.valueAndGrads((...now: tf.Tensor[]) => lossOf(now, normal))(moved);

  const squares = after.grads.map((gradient) => tf.sum(tf.square(gradient)));
  const length = tf.sqrt(
    tf.add(
      squares.reduce((a, b) => tf.add(a, b)),
      1e-12,
    ),
  );
  const h = tf.div(SHIFT, length);
  const shifted = (sign: number) =>
    weights.map((w, i) => tf.add(w, tf.mul(after.grads[i] as tf.Tensor, tf.mul(h, sign))));
  const [above, below] = [shifted(1), shifted(-1)];
  const scale = tf.div(-rate / 2, h);
  return {
    loss: after.value as tf.Scalar,
    reward: (images) => {
      const there = { images, targets: poison.targets };
      return tf.mul(tf.sub(lossOf(above, there), lossOf(below, there)), scale) as tf.Scalar;
    },
  };
}
