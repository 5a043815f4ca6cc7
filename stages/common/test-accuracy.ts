/** Accuracy while training, for curves. */
import type { Split } from '../../lib/dataset/split.ts';
import { classify } from './classify.ts';
import { accuracyOf, confusionMatrix } from './metrics.ts';
import type { Model } from './models.ts';

/** Fraction of the split's records that are recognised. */
export async function testAccuracy(model: Model, test: Split): Promise<number> {
  return (await selectiveAccuracy(model, test, 0)).total;
}

/** What the paper's Table 4 reports, at one moment of a training. */
export async function selectiveAccuracy(
  model: Model,
  test: Split,
  chosen: number,
): Promise<{ total: number; chosen: number | null; others: number | null }> {
  const confusion = confusionMatrix(test.labels, await classify(model, test), model.classCount);
  const accuracy = accuracyOf(confusion, chosen);
  return { total: accuracy.total, chosen: accuracy.chosen, others: accuracy.others };
}
