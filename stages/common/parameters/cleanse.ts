/** What goes before a training without suspects. */
import { z } from 'zod';
import { DETECTOR_NAMES } from '../detectors/names.ts';
import { fraction } from './values.ts';

/** Which detectors name the suspects, and what share of the records goes, whatever the true share of poison may be. */
export const CLEANSE = z.strictObject({
  detectors: z
    .array(z.enum(DETECTOR_NAMES, { error: `one of ${DETECTOR_NAMES.join(', ')}` }), { error: 'a list of detectors' })
    .min(1, { error: 'at least one detector' }),
  fraction,
});
