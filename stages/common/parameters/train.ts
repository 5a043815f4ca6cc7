/** How a model is trained. */
import { z } from 'zod';
import { ARCHITECTURES } from '../models.ts';
import { fraction, positive, wholeFrom, yesOrNo } from './values.ts';

export const TRAIN = z.strictObject({
  architecture: z.enum(ARCHITECTURES, { error: `one of ${ARCHITECTURES.join(', ')}` }),
  epochs: wholeFrom(1),
  batchSize: wholeFrom(1),
  learningRate: positive,
  momentum: fraction,
  nesterov: yesOrNo,
  dropout: fraction,
  decayEvery: wholeFrom(1),
  decayFactor: positive,
});

export type TrainParameters = z.infer<typeof TRAIN>;
