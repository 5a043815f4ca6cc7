/** Poison from a generator, and from the direct gradient. */
import { z } from 'zod';
import { notNegative, positive, wholeFrom } from './values.ts';

export const GENERATOR = z.strictObject({
  /** Poisoned records. */
  count: wholeFrom(1),
  /** Units of the auto-encoder's code. */
  hidden: wholeFrom(1),
  /** Steps in which the auto-encoder learns to reproduce images, before it is rewarded. */
  warmUp: wholeFrom(0),
  /** Steps in which it is rewarded. */
  iterations: wholeFrom(1),
  batchSize: wholeFrom(1),
  /** What a mean squared pixel error of 1 costs the generator, in nats of the reward. */
  fidelity: notNegative,
  /** Of Adam, for the generator. */
  learningRate: positive,
  /** Of the direct gradient method: steps, and their length, L2 in unit scale. */
  directIterations: wholeFrom(1),
  directStep: positive,
  /** Clean records whose loss the poison shall raise. */
  normal: wholeFrom(1),
  /** The target's training on poison: plain gradient descent at this rate, for so many steps. One step of it is looked ahead. */
  rate: positive,
  steps: wholeFrom(1),
});

export type GeneratorParameters = z.infer<typeof GENERATOR>;
