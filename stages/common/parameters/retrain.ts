/** How M is trained again with X'. */
import { z } from 'zod';
import { fraction, positive, wholeFrom, yesOrNo } from './values.ts';

/** Above all for the trainings that go on from M: `epochs` over X + X', or `poisonEpochs` over X' alone. */
export const RETRAIN = z.strictObject({
  /** Of a training anew; null: as many as M had. */
  anewEpochs: wholeFrom(1).nullable(),
  epochs: wholeFrom(1),
  /** Over X' alone. */
  poisonEpochs: wholeFrom(1),
  /** Ends a training over X' alone after so many minibatches, whatever `poisonEpochs` says; null: does not. */
  steps: wholeFrom(1).nullable(),
  batchSize: wholeFrom(1),
  learningRate: positive,
  momentum: fraction,
  nesterov: yesOrNo,
  measureEvery: wholeFrom(1),
});

export type RetrainParameters = z.infer<typeof RETRAIN>;
