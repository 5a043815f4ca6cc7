/** To what a stage instance came in a run. */
import type { UserError } from '../base/errors.ts';
import type { StageFailure } from '../model/event.ts';
import type { StageOutcome } from '../model/run.ts';

/** A StageOutcome but for whose it is, and the failure that goes with it. */
export type Ending = Omit<StageOutcome, 'instance' | 'stage'> & { readonly failure: StageFailure | null };

export const NOTHING = {
  key: null,
  reasons: [],
  executionId: null,
  outputs: {},
  durationMs: 0,
  failure: null,
} as const;
export const SKIPPED: Ending = { ...NOTHING, outcome: 'skipped' };
export const INTERRUPTED: Ending = { ...NOTHING, outcome: 'interrupted' };

/** The failure of a stage that did not come to run. */
export function failureOf(error: UserError): StageFailure {
  const { code, message, hint } = error;
  return { code, message, hint: hint ?? 'assay doctor', logPath: null, logTail: [], quarantinePath: null };
}
