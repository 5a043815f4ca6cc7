/** The direct gradient method of Yang et al. (2017, section 3): the poison's pixels themselves climb on the target's loss. */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../../../lib/compute/start.ts';
import type { LoopStart, NumberArray } from '../../../../lib/compute/step-loop.ts';
import type { Split } from '../../../../lib/dataset/split.ts';
import { namedWeights, weightsIn, type Model } from '../../models.ts';
import type { GeneratorParameters } from '../../parameters/generator.ts';
import { allRecords, toArray, toOneHot, toPixels } from '../../pixels.ts';
import { lookAhead, targetOf } from './look-ahead.ts';

export interface Climbed {
  /** uint8, in the order of the records. */
  readonly images: Uint8Array;
  /** L(w') before each step; nats. */
  readonly losses: readonly number[];
}

/** All records move together, since the target takes its step on all of them. */
export async function climb(
  target: Model,
  records: Split,
  normal: Split,
  { rate, directStep, directIterations }: GeneratorParameters,
  progress: (done: number, total: number) => void = () => {},
): Promise<Climbed> {
  const loop = startLoop(climbLoop(target, toArray(records, allRecords(records)), rate, directStep));
  const batch = {
    targets: toOneHot(records.labels, target.classCount),
    normal: toArray(normal, allRecords(normal)),
    normalTargets: toOneHot(normal.labels, target.classCount),
  };
  const losses: number[] = [];
  for (let iteration = 1; iteration <= directIterations; iteration++) {
    losses.push((await loop.run(batch)).loss![0]!);
    progress(iteration, directIterations);
  }
  const { images } = await loop.readState();
  loop.dispose();
  return { images: toPixels(images as Float32Array), losses };
}

/** x <- clip(x + step g / |g|), g = dL(w')/dx, each image by its own |g|, its `steepness`. Starts at `images`. */
export function climbLoop(target: Model, images: NumberArray, rate: number, step: number): LoopStart {
  return {
    state: { images },
    constants: namedWeights(target),
    body: ({ state, batch, constants }) => {
      const poison = { images: state.images as tf.Tensor4D, targets: batch.targets as tf.Tensor2D };
      const normal = { images: batch.normal as tf.Tensor4D, targets: batch.normalTargets as tf.Tensor2D };
      const { loss, reward } = lookAhead(targetOf(target), weightsIn(target, constants), poison, normal, rate);
      const gradient = tf.grad((x: tf.Tensor) => reward(x as tf.Tensor4D))(poison.images);
      const length = tf.sqrt(tf.add(tf.sum(tf.square(gradient), [1, 2, 3], true), 1e-24));
      const moved = tf.add(poison.images, tf.mul(tf.div(gradient, length), step));
      return {
        state: { images: tf.clipByValue(moved, -0.5, 0.5) },
        results: { loss, steepness: tf.reshape(length, [-1]) },
      };
    },
  };
}
