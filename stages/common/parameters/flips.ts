/** Label flips at random. */
import { z } from 'zod';

const SHARE = 'a number from 0 to 1';

export const FLIPS = z.strictObject({
  /** Of the training records. */
  fraction: z.number({ error: SHARE }).min(0, { error: SHARE }).max(1, { error: SHARE }),
});
