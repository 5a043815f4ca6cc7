/** How sure a model is of the truth, where accuracy says only how often it is right. */
import type * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../../lib/compute/start.ts';
import type { Split } from '../../../lib/dataset/split.ts';
import { computeLogits, namedWeights, weightsIn, type Model } from '../models.ts';
import { toArray, toOneHot } from '../pixels.ts';
import { crossEntropy } from '../training.ts';

const BATCH = 250;

/** Mean cross entropy over the records; nats. */
export async function meanLoss(model: Model, records: Split): Promise<number> {
  const loop = startLoop({
    state: {},
    constants: namedWeights(model),
    body: ({ batch, constants }) => {
      const logits = computeLogits(model.architecture, weightsIn(model, constants), batch.images as tf.Tensor4D);
      return { state: {}, results: { loss: crossEntropy(logits, batch.targets as tf.Tensor2D) } };
    },
  });
  let sum = 0;
  for (let start = 0; start < records.count; start += BATCH) {
    const indexes = Array.from({ length: Math.min(BATCH, records.count - start) }, (_, i) => start + i);
    const labels = indexes.map((index) => records.labels[index]!);
    const { loss } = await loop.run({ images: toArray(records, indexes), targets: toOneHot(labels, model.classCount) });
    sum += loss![0]! * indexes.length;
  }
  loop.dispose();
  return sum / records.count;
}
