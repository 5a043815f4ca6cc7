/** The numbers of the paper that a run is held against. */
import { z } from 'zod';

const percent = z.number({ error: 'a percentage' }).min(0).max(100);

/** Of Table 4 (Kwon, Yoon and Park 2019), as printed, distortion as L2 of pixels in [0, 1]; null for data of which it has no numbers. */
export const PAPER = z
  .strictObject({
    before: percent,
    total: percent,
    chosen: percent,
    others: percent,
    distortion: z.number().positive(),
  })
  .nullable();

export type PaperNumbers = NonNullable<z.infer<typeof PAPER>>;
