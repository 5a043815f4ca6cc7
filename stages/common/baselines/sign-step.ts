/** The fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, section 4), with the shortest step that does it for each image. */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../../lib/compute/start.ts';
import { imageSizeBytes, makeSplit, type Split } from '../../../lib/dataset/split.ts';
import { classify } from '../classify.ts';
import { computeLogits, namedWeights, weightsIn, type Model } from '../models.ts';
import { allRecords, toArray, toOneHot } from '../pixels.ts';
import { crossEntropy } from '../training.ts';
import { isReached, type Aims } from './aims.ts';

// Grey levels of 255: every second one up to half the range.
const STEPS = Array.from({ length: 64 }, (_, i) => 2 * (i + 1));

export interface SignMoved {
  /** uint8; where no step did it, of the longest step. */
  readonly images: Uint8Array;
  readonly reached: readonly boolean[];
  /** The step of each image, in grey levels. */
  readonly steps: readonly number[];
}

/** Every pixel one step up or down, whichever raises the loss of the label or lowers that of the target. */
export async function moveBySign(model: Model, sources: Split, aims: Aims): Promise<SignMoved> {
  const signs = await gradientSigns(model, sources, aims);
  const size = imageSizeBytes(sources.shape);
  const tried = STEPS.map((step) =>
    sources.images.map((pixel, p) => Math.min(255, Math.max(0, pixel + (aims.isTargeted ? -step : step) * signs[p]!))),
  );
  const all = new Uint8Array(STEPS.length * sources.images.length);
  tried.forEach((images, t) => all.set(images, t * images.length));
  const labels = new Uint8Array(STEPS.length * sources.count);
  const answers = await classify(model, makeSplit(sources.shape, all, labels));
  const reachedAt = STEPS.map((_, t) => isReached(aims, answers.subarray(t * sources.count, (t + 1) * sources.count)));

  const images = new Uint8Array(sources.images.length);
  const first = allRecords(sources).map((i) => reachedAt.findIndex((reached) => reached[i]));
  first.forEach((found, i) => {
    const step = found < 0 ? STEPS.length - 1 : found;
    images.set(tried[step]!.subarray(i * size, (i + 1) * size), i * size);
  });
  return {
    images,
    reached: first.map((found) => found >= 0),
    steps: first.map((found) => STEPS[found < 0 ? STEPS.length - 1 : found]!),
  };
}

/** The sign of the gradient of each image's cross entropy with its aimed class: -1, 0 or 1 for each pixel. */
async function gradientSigns(model: Model, sources: Split, aims: Aims): Promise<Int8Array> {
  const loop = startLoop({
    state: {},
    constants: namedWeights(model),
    body: ({ batch, constants }) => {
      const gradient = tf.grad((images: tf.Tensor) => {
        const logits = computeLogits(model.architecture, weightsIn(model, constants), images as tf.Tensor4D);
        return crossEntropy(logits, batch.targets as tf.Tensor2D);
      })(batch.images as tf.Tensor);
      return { state: {}, results: { gradient } };
    },
  });
  const { gradient } = await loop.run({
    images: toArray(sources, allRecords(sources)),
    targets: toOneHot(aims.classes, model.classCount),
  });
  loop.dispose();
  return Int8Array.from(gradient as Float32Array, Math.sign);
}
