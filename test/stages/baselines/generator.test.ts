import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeSplit, selectRecords, type Split } from '../../../lib/dataset/split.ts';
import { flipLabels } from '../../../stages/common/baselines/flip-labels.ts';
import { climb } from '../../../stages/common/baselines/generator/direct-gradient.ts';
import { lookAhead, type Target } from '../../../stages/common/baselines/generator/look-ahead.ts';
import { generateImages, trainGenerator } from '../../../stages/common/baselines/generator/train-generator.ts';
import { meanLoss } from '../../../stages/common/baselines/test-loss.ts';
import type { Model } from '../../../stages/common/models.ts';
import type { GeneratorParameters } from '../../../stages/common/parameters/generator.ts';
import { train } from '../../../stages/common/training.ts';
import { values } from '../../support/tensors.ts';
import { inFolder, RECORDS, trainSmallModel, UNSEEN } from './small-model.ts';

const OPTIONS: GeneratorParameters = {
  count: 16,
  hidden: 32,
  warmUp: 60,
  iterations: 15,
  batchSize: 16,
  fidelity: 10,
  learningRate: 0.003,
  directIterations: 12,
  directStep: 0.5,
  normal: 32,
  rate: 0.02,
  steps: 2,
};

const first = (from: number, count: number): Split =>
  selectRecords(
    RECORDS,
    Array.from({ length: count }, (_, i) => from + i),
  );
const NORMAL = first(0, OPTIONS.normal);
const ORIGINALS = first(OPTIONS.normal, OPTIONS.count);
const FLIPPED = flipLabels(ORIGINALS, 10, 1, 1);

let target: Model;
beforeAll(async () => {
  target = await trainSmallModel();
}, 120_000);

/** The test loss of the target after its training on `poison`. */
async function lossAfter(poison: Split): Promise<number> {
  const plain = { momentum: 0, nesterov: false, dropout: 0, decayEvery: 1, decayFactor: 1 };
  return inFolder(async (folder) => {
    const options = { ...plain, learningRate: OPTIONS.rate, epochs: 1, steps: 1, batchSize: OPTIONS.count };
    return meanLoss((await train(target, poison, 1, options, folder)).model, UNSEEN);
  });
}

test('the gradient of the loss after a step of training agrees with finite differences of that loss', () => {
  // A smooth target of two pixels and two classes: softmax regression.
  const logitsOf: Target = ([w], images) => tf.matMul(tf.reshape(images, [-1, 2]) as tf.Tensor2D, w as tf.Tensor2D);
  const weights = [tf.tensor2d([0.8, -0.5, -1.1, 0.4], [2, 2])];
  const targets = tf.tensor2d([1, 0, 0, 1], [2, 2]);
  const normal = { images: tf.tensor4d([0.4, -0.1, -0.3, 0.2], [2, 1, 2, 1]), targets };
  const at = [0.1, 0.3, -0.4, 0.25];
  const ahead = (pixels: number[]) =>
    lookAhead(
      logitsOf,
      weights,
      { images: tf.tensor4d(pixels, [2, 1, 2, 1]), targets: tf.reverse(targets, 1) },
      normal,
      2,
    );
  const { reward } = ahead(at);
  const gradient = values(tf.grad((x: tf.Tensor) => reward(x as tf.Tensor4D))(tf.tensor4d(at, [2, 1, 2, 1])));
  gradient.forEach((g, i) => {
    const moved = (by: number) => values(ahead(at.with(i, at[i]! + by)).loss)[0]!;
    expect((moved(0.01) - moved(-0.01)) / 0.02).toBeCloseTo(g, 3);
  });
  expect(Math.hypot(...gradient)).toBeGreaterThan(0.1);
});

describe('poison with wrong labels, after one step of training on it', () => {
  test('raises the loss on test data; by the direct gradient and by a generator it does so more', async () => {
    const { images, losses } = await climb(target, FLIPPED, NORMAL, OPTIONS);
    expect(losses.at(-1)!).toBeGreaterThan(1.2 * losses[0]!);

    const rest = flipLabels(first(OPTIONS.normal, 200), 10, 1, 1);
    const trained = await trainGenerator(target, rest, NORMAL, OPTIONS, 1);
    expect(trained.errors.at(-1)!).toBeLessThan(0.5 * trained.errors[0]!);
    expect(trained.losses.at(-1)!).toBeGreaterThan(trained.losses[0]!);
    const generated = makeSplit(FLIPPED.shape, await generateImages(trained.parameters, ORIGINALS), FLIPPED.labels);

    const harm = {
      trueLabel: await lossAfter(ORIGINALS),
      wrongLabel: await lossAfter(FLIPPED),
      direct: await lossAfter(makeSplit(FLIPPED.shape, images, FLIPPED.labels)),
      generated: await lossAfter(generated),
    };

    expect(harm.wrongLabel).toBeGreaterThan(harm.trueLabel);
    expect(harm.direct).toBeGreaterThan(1.2 * harm.wrongLabel);
    expect(harm.generated).toBeGreaterThan(1.2 * harm.wrongLabel);
  }, 120_000);
});
