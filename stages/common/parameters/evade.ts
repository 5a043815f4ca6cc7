/** Evasion: test images moved, the model left alone. */
import { z } from 'zod';
import { notNegative, positive, wholeFrom } from './values.ts';

export const EVADE = z.strictObject({
  aim: z.enum(['untargeted', 'targeted'], { error: 'untargeted or targeted' }),
  /** Test images, of those that the model recognises. */
  count: wholeFrom(1),
  iterations: wholeFrom(1),
  learningRate: positive,
  initialConstant: positive,
  searchSteps: wholeFrom(1),
  kappa: notNegative,
  batchSize: wholeFrom(1),
});

export type EvadeParameters = z.infer<typeof EVADE>;
