/** A stage's executions, latest first, and what one of them wrote. */
import type { Digest } from '../base/digest.ts';
import type { Reason } from '../model/plan.ts';
import type { ExecutionStatus } from '../model/run.ts';
import { paintVerdict, type Colors } from './colors.ts';
import { formatDuration, formatMoment, formatSize } from './quantities.ts';
import { reasonSummary } from './reason-summary.ts';
import { alignColumns } from './table.ts';

/** `assay log --json`. */
export interface LogJson {
  /** As asked for: a stage or an instance. */
  readonly stage: string;
  readonly executions: readonly ExecutionJson[];
  /** Of the execution asked for, else of the latest; null when none was kept. */
  readonly log: { readonly executionId: number; readonly text: string } | null;
}

export interface ExecutionJson {
  readonly id: number;
  readonly runId: number;
  readonly instance: string;
  readonly attempt: number;
  readonly status: ExecutionStatus;
  readonly reasons: readonly Reason[];
  readonly startedAtMs: number;
  /** Null while it runs. */
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly peakMemoryBytes: number | null;
  readonly key: Digest;
  readonly logDigest: Digest | null;
}

export function renderLog({ executions, log }: LogJson, colors: Colors): string[] {
  const rows = executions.map((execution) => [
    String(execution.id),
    formatMoment(execution.startedAtMs),
    execution.instance,
    paintVerdict(execution.status, colors),
    execution.durationMs === null ? '' : formatDuration(execution.durationMs),
    exitText(execution),
    execution.peakMemoryBytes === null ? '' : formatSize(execution.peakMemoryBytes),
    reasonSummary(execution.reasons),
  ]);
  const header = ['execution', 'started', 'stage', 'status', 'took', 'exit', 'memory', 'why'];
  return [
    ...alignColumns([header, ...rows], { right: [0] }),
    ...(log === null ? [] : ['', `log of execution ${log.executionId}`, ...logLines(log.text)]),
  ];
}

function exitText({ exitCode, signal }: ExecutionJson): string {
  return signal ?? (exitCode === null ? '' : String(exitCode));
}

function logLines(text: string): string[] {
  return text === ''
    ? ['  (it wrote nothing)']
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `  ${line}`.trimEnd());
}
