/** How poison is made. */
import { z } from 'zod';
import { notNegative, positive, wholeFrom, yesOrNo } from './values.ts';

export const ATTACK = z.strictObject({
  variant: z.string({ error: 'the name of a variant, such as V1' }),
  chosen: wholeFrom(0),
  count: wholeFrom(0),
  iterations: wholeFrom(1),
  learningRate: positive,
  initialConstant: positive,
  searchSteps: wholeFrom(1),
  kappa: notNegative,
  epsilon: positive,
  batchSize: wholeFrom(1),
  replacement: yesOrNo,
});

export type AttackParameters = z.infer<typeof ATTACK>;
