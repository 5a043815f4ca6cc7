/** The attack on a support vector machine. */
import { z } from 'zod';
import { positive, wholeFrom } from './values.ts';

const TWO_CLASSES = 'two classes, such as [7, 1]';

export const SVM = z.strictObject({
  kernel: z.enum(['linear', 'rbf'], { error: 'linear or rbf' }),
  /** The attacked class, from which attack points are drawn, and the one whose label they get. */
  classes: z
    .tuple([wholeFrom(0), wholeFrom(0)], { error: TWO_CLASSES })
    .refine(([attacked, other]) => attacked !== other, { error: TWO_CLASSES }),
  /** Examples of both classes together. */
  training: wholeFrom(2),
  validation: wholeFrom(1),
  c: positive,
  gamma: positive,
  points: wholeFrom(1),
  step: positive,
  iterations: wholeFrom(1),
  /** Draws of the examples, over which is averaged. */
  draws: wholeFrom(1),
});

export type SvmParameters = z.infer<typeof SVM>;
