/** How M is trained again with X'. */
import { z } from 'zod';
import { fraction, positive, wholeFrom, yesOrNo } from './values.ts';

/** For the trainings that go on from M: `epochs` on X + X', or exactly `steps` minibatches on X' alone. */
export const RETRAIN = z.strictObject({
  epochs: wholeFrom(1),
  steps: wholeFrom(1),
  batchSize: wholeFrom(1),
  learningRate: positive,
  momentum: fraction,
  nesterov: yesOrNo,
  measureEvery: wholeFrom(1),
});

export type RetrainParameters = z.infer<typeof RETRAIN>;
