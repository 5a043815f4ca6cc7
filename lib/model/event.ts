/** What happens during a run, for whoever shows it: bars, plain lines, JSON lines. */
import type { StageOutcome } from './run.ts';
import type { ExpectationRecord } from './run.ts';
import type { Plan, Reason } from './plan.ts';

export type RunEvent =
  | { readonly kind: 'run-started'; readonly runId: number; readonly plan: Plan }
  | {
      readonly kind: 'stage-started';
      readonly instance: string;
      readonly attempt: number;
      readonly reasons: readonly Reason[];
      readonly logPath: string;
    }
  | ({ readonly kind: 'stage-progress'; readonly instance: string } & StageProgress)
  | { readonly kind: 'stage-message'; readonly instance: string; readonly message: string }
  /** A process that writes to stdout or stderr. */
  | {
      readonly kind: 'stage-output';
      readonly instance: string;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | { readonly kind: 'stage-retrying'; readonly instance: string; readonly attempt: number; readonly problem: string }
  /** Another Assay is computing the same key. */
  | { readonly kind: 'stage-waiting'; readonly instance: string; readonly pid: number }
  | { readonly kind: 'stage-finished'; readonly outcome: StageOutcome; readonly failure: StageFailure | null }
  | { readonly kind: 'expectation-checked'; readonly instance: string; readonly record: ExpectationRecord }
  | { readonly kind: 'warning'; readonly message: string }
  | {
      readonly kind: 'run-finished';
      readonly runId: number;
      readonly status: 'ok' | 'failed' | 'interrupted';
      readonly durationMs: number;
    };

/** Reported by the stage: `done` of `total` units. */
export interface StageProgress {
  readonly done: number;
  readonly total: number;
  /** `steps`, `images`, `bytes`. */
  readonly unit: string;
  /** A few words beside the bar: `loss 0.41`. */
  readonly label: string;
}

export interface StageFailure {
  /** One line in docs/errors.md, e.g. `stage-timed-out`. */
  readonly code: string;
  readonly message: string;
  /** The next command to type. */
  readonly hint: string;
  readonly logPath: string | null;
  /** The last lines the program wrote. */
  readonly logTail: readonly string[];
  /** Where the partial outputs are kept, or null. */
  readonly quarantinePath: string | null;
}
