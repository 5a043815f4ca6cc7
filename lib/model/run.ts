/** History: one invocation of the tool over many executions, each of one stage process. */

import type { Digest } from '../base/digest.ts';
import type { Action } from './action.ts';
import type { ExpectationFinding, OutputKind } from './stage.ts';
import type { OutputDigests, Reason } from './plan.ts';

export interface RunStart {
  readonly startedAtMs: number;
  readonly argv: readonly string[];
  readonly profile: string | null;
  readonly overrides: readonly string[];
  readonly pipelineDigest: Digest;
  readonly git: { readonly commit: string; readonly isDirty: boolean } | null;
  readonly user: string;
  readonly host: string;
  readonly assayVersion: string;
}

export type RunStatus = 'running' | 'ok' | 'failed' | 'interrupted' | 'lost';

export interface Run extends RunStart {
  readonly id: number;
  readonly status: RunStatus;
  readonly endedAtMs: number | null;
}

export type ExecutionStatus =
  'running' | 'ok' | 'failed' | 'timed-out' | 'interrupted' | 'tainted-by-edit' | 'expectation-failed' | 'lost';

export interface ExecutionStart {
  readonly runId: number;
  readonly instance: string;
  readonly stage: string;
  readonly attempt: number;
  readonly key: Digest;
  readonly action: Action;
  readonly startedAtMs: number;
  /** Of the tool; a process that is gone leaves a lost execution. */
  readonly pid: number;
}

export interface ExecutionEnd {
  readonly status: Exclude<ExecutionStatus, 'running'>;
  readonly endedAtMs: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly peakMemoryBytes: number | null;
  readonly logDigest: Digest | null;
}

export interface Execution extends ExecutionStart {
  readonly id: number;
  readonly status: ExecutionStatus;
  readonly endedAtMs: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly peakMemoryBytes: number | null;
  readonly logDigest: Digest | null;
  /** Empty unless status is ok. */
  readonly outputs: readonly { readonly name: string; readonly kind: OutputKind; readonly artifact: Digest }[];
}

/** What one stage instance came to in one run. */
export interface StageOutcome {
  readonly instance: string;
  readonly stage: string;
  /** `shared`: another Assay made it while this run waited. `skipped`: something it needs failed. */
  readonly outcome: 'cached' | 'ran' | 'shared' | 'failed' | 'skipped' | 'interrupted';
  readonly key: Digest | null;
  readonly reasons: readonly Reason[];
  readonly executionId: number | null;
  readonly outputs: OutputDigests;
  readonly durationMs: number;
}

/** A numeric result read from a metrics output (`confusion.7.7` for nested values) or reported while running. */
export interface Metric {
  readonly name: string;
  readonly value: number;
}

/** A checked `expect:`, kept so that a cached result is not checked twice. */
export interface ExpectationRecord {
  readonly output: string;
  readonly holds: boolean;
  readonly findings: readonly ExpectationFinding[];
}

export interface ArtifactUse {
  readonly executionId: number;
  readonly runId: number;
  readonly instance: string;
  readonly name: string;
  /** The fan-in label, or null. */
  readonly label: string | null;
}
