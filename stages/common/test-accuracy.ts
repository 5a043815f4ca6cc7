/** Accuracy while training, for curves. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Split } from '../../lib/dataset/split.ts';
import { classify } from './classify.ts';
import { accuracyOf, confusionMatrix } from './metrics.ts';
import type { ModelShape } from './models.ts';

/** Fraction of the split's records that are recognised. */
export function testAccuracy(shape: ModelShape, parameters: readonly tf.Tensor[], test: Split): number {
  return selectiveAccuracy(shape, parameters, test, 0).total;
}

/** What the paper's Table 4 reports, at one moment of a training. */
export function selectiveAccuracy(
  shape: ModelShape,
  parameters: readonly tf.Tensor[],
  test: Split,
  chosen: number,
): { total: number; chosen: number | null; others: number | null } {
  const confusion = confusionMatrix(test.labels, classify(shape, parameters, test), shape.classCount);
  const accuracy = accuracyOf(confusion, chosen);
  return { total: accuracy.total, chosen: accuracy.chosen, others: accuracy.others };
}
