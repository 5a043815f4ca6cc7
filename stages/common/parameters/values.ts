/** What single values a parameter may have, each with the words of its error. */
import { z } from 'zod';

export const wholeFrom = (least: number) => {
  const allowed = `an integer of at least ${least}`;
  return z.int({ error: allowed }).min(least, { error: allowed });
};
const numberIn = (allowed: string, holds: (value: number) => boolean) =>
  z.number({ error: allowed }).refine(holds, { error: allowed });

export const positive = numberIn('a number above 0', (value) => value > 0);
export const notNegative = numberIn('a number of at least 0', (value) => value >= 0);
export const fraction = numberIn('a number of at least 0 and below 1', (value) => value >= 0 && value < 1);
export const yesOrNo = z.boolean({ error: 'true or false' });

/** 32 bits hold it, so that every language reads the same number. tfjs treats 0 as no seed, so 0 is none here either. */
export const SEED = wholeFrom(1).max(2 ** 31 - 1, { error: `an integer of at least 1 and below 2^31` });
