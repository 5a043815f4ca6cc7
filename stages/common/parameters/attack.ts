/** Who is attacked, with how much poison, and how it is made. */
import { z } from 'zod';
import { notNegative, positive, wholeFrom, yesOrNo } from './values.ts';

export const ATTACK = z.strictObject({
  /** The name of a reading: V1. */
  variant: z.string({ error: 'the name of a reading, such as V1' }),
  /** The class y'. */
  chosen: wholeFrom(0),
  /** N'. */
  count: wholeFrom(0),
  /** A count above the pool takes its images again. */
  replacement: yesOrNo,
});

export const PERTURB = z.strictObject({
  /** How many images are moved; poison takes the first `attack.count` of them. */
  pool: wholeFrom(0),
  iterations: wholeFrom(1),
  learningRate: positive,
  initialConstant: positive,
  searchSteps: wholeFrom(1),
  kappa: notNegative,
  epsilon: positive,
  batchSize: wholeFrom(1),
});

export type AttackParameters = z.infer<typeof ATTACK>;
export type PerturbParameters = z.infer<typeof PERTURB>;
