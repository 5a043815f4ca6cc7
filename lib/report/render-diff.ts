/** What differs between two runs. */
import type { Digest } from '../base/digest.ts';
import { shortDigest } from '../base/digest.ts';
import type { Reason } from '../model/plan.ts';
import type { Run, RunStatus, StageOutcome } from '../model/run.ts';
import type { Colors } from './colors.ts';
import { formatMetric, formatMoment } from './quantities.ts';
import { renderReason } from '../plan/render-reason.ts';
import { alignColumns } from './table.ts';

/** `assay diff --json`: only what differs. */
export interface DiffJson {
  readonly a: RunJson;
  readonly b: RunJson;
  readonly stages: readonly StageDiff[];
}

/** A run's own facts, also `assay show run:N --json`. */
export interface RunJson {
  readonly id: number;
  readonly status: RunStatus;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly profile: string | null;
  readonly overrides: readonly string[];
  readonly commit: string | null;
  readonly isDirty: boolean | null;
}

export function runJson(run: Run): RunJson {
  const { id, status, startedAtMs, endedAtMs, profile, overrides, git } = run;
  return {
    id,
    status,
    startedAtMs,
    endedAtMs,
    profile,
    overrides,
    commit: git?.commit ?? null,
    isDirty: git?.isDirty ?? null,
  };
}

export interface StageDiff {
  readonly instance: string;
  /** Null in a run that did not hold the instance. */
  readonly outcomes: readonly [StageOutcome['outcome'] | null, StageOutcome['outcome'] | null];
  /** Fields of the action that differ: params, code, inputs, packages, environment. */
  readonly changes: readonly Reason[];
  readonly artifacts: readonly { readonly output: string; readonly a: Digest | null; readonly b: Digest | null }[];
  readonly metrics: readonly { readonly name: string; readonly a: number | null; readonly b: number | null }[];
}

export function renderDiff({ a, b, stages }: DiffJson, colors: Colors): string[] {
  const head = alignColumns([runRow(a), runRow(b)]);
  if (stages.length === 0) return [...head, 'no stage differs'];
  return [...head, '', ...stages.flatMap((stage) => renderStage(stage, a.id, b.id, colors))];
}

function runRow(run: RunJson): string[] {
  const given = [
    ...(run.profile === null ? [] : [`--profile ${run.profile}`]),
    ...run.overrides.map((each) => `--set ${each}`),
  ];
  const commit =
    run.commit === null ? '' : `commit ${run.commit.slice(0, 12)}${run.isDirty === true ? ', edited' : ''}`;
  return [`run ${run.id}`, formatMoment(run.startedAtMs), run.status, given.join(' '), commit];
}

function renderStage(stage: StageDiff, runA: number, runB: number, colors: Colors): string[] {
  const [inA, inB] = stage.outcomes;
  if (inA === null) return [`${colors.bold(stage.instance)}  only in run ${runB}`];
  if (inB === null) return [`${colors.bold(stage.instance)}  only in run ${runA}`];
  return [
    `${colors.bold(stage.instance)}  ${inA === inB ? inA : `${inA} -> ${inB}`}`,
    ...stage.changes.map((change) => `  ${renderReason(change)}`),
    ...alignColumns(
      stage.artifacts.map(({ output, a, b }) => [`  output ${output}`, `${digestText(a)} -> ${digestText(b)}`]),
    ),
    ...alignColumns(
      stage.metrics.map(({ name, a, b }) => [`  ${name}`, `${metricText(a)} -> ${metricText(b)}`, difference(a, b)]),
    ),
  ];
}

function digestText(digest: Digest | null): string {
  return digest === null ? 'absent' : shortDigest(digest);
}

function metricText(value: number | null): string {
  return value === null ? 'absent' : formatMetric(value);
}

function difference(a: number | null, b: number | null): string {
  if (a === null || b === null) return '';
  return `(${b >= a ? '+' : '-'}${formatMetric(Math.abs(b - a))})`;
}
