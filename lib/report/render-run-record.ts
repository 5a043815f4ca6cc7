/** A run as it was recorded: how it was called, and what each stage came to. */
import type { Run, StageOutcome } from '../model/run.ts';
import { paintVerdict, type Colors } from './colors.ts';
import { formatDuration, formatMoment } from './quantities.ts';
import { runJson, type RunJson } from './render-diff.ts';
import { closingLine, outcomeDetail, outcomeTime } from './render-run.ts';
import type { SizeOf } from './render-plan.ts';
import { alignColumns } from './table.ts';

/** `assay show run:N --json`. */
export interface RunRecordJson extends RunJson {
  readonly argv: readonly string[];
  readonly user: string;
  readonly host: string;
  readonly assayVersion: string;
  readonly outcomes: readonly StageOutcome[];
}

export function runRecordJson(run: Run, outcomes: readonly StageOutcome[]): RunRecordJson {
  const { argv, user, host, assayVersion } = run;
  return { ...runJson(run), argv, user, host, assayVersion, outcomes };
}

export function renderRunRecord(run: Run, outcomes: readonly StageOutcome[], sizeOf: SizeOf, colors: Colors): string[] {
  const durationMs = run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs;
  const facts = [
    ['run', `${run.id}, ${run.status}`],
    ['started', `${formatMoment(run.startedAtMs)} by ${run.user} on ${run.host}`],
    ...(durationMs === null ? [] : [['took', formatDuration(durationMs)]]),
    ['command', ['assay', ...run.argv].join(' ')],
    ...(run.git === null ? [] : [['commit', `${run.git.commit}${run.git.isDirty ? ', edited' : ''}`]]),
    ['version', `assay ${run.assayVersion}`],
  ];
  const rows = outcomes.map((outcome) => [
    outcome.instance,
    paintVerdict(outcome.outcome, colors),
    outcomeDetail(outcome, null, null, sizeOf),
    outcomeTime(outcome),
  ]);
  return [...alignColumns(facts), '', ...alignColumns(rows), closingLine(outcomes, durationMs ?? 0)];
}
