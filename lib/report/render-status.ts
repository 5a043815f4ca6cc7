/** Where the pipeline stands: each stage's verdict now, when it last came about, and what the store weighs. */
import type { Plan } from '../model/plan.ts';
import type { RunStatus } from '../model/run.ts';
import { paintVerdict, type Colors } from './colors.ts';
import { formatCount, formatMoment, formatSize } from './quantities.ts';
import { planSummary, stepJson, verdictDetail, type SizeOf, type StepJson } from './render-plan.ts';
import { alignColumns } from './table.ts';

/** `assay status --json`. */
export interface StatusJson {
  readonly profile: string | null;
  readonly stages: readonly (StepJson & { readonly lastExecution: LastExecution | null })[];
  readonly lastRun: LastRun | null;
  readonly store: StoreSize;
}

export interface LastExecution {
  readonly executionId: number;
  readonly runId: number;
  readonly status: string;
  readonly startedAtMs: number;
}

export interface LastRun {
  readonly id: number;
  readonly status: RunStatus;
  readonly startedAtMs: number;
}

export interface StoreSize {
  readonly sizeBytes: number;
  readonly fileCount: number;
}

/** `lastExecutions`: by instance. */
export function statusJson(
  plan: Plan,
  lastExecutions: ReadonlyMap<string, LastExecution>,
  lastRun: LastRun | null,
  store: StoreSize,
): StatusJson {
  return {
    profile: plan.pipeline.profile,
    stages: plan.steps.map((step) => ({
      ...stepJson(step),
      lastExecution: lastExecutions.get(step.instance.id) ?? null,
    })),
    lastRun,
    store,
  };
}

export function renderStatus(
  plan: Plan,
  lastExecutions: ReadonlyMap<string, LastExecution>,
  lastRun: LastRun | null,
  store: StoreSize,
  sizeOf: SizeOf,
  colors: Colors,
): string[] {
  const rows = plan.steps.map(({ instance, verdict }) => [
    instance.id,
    paintVerdict(verdict.state, colors),
    verdictDetail(verdict, sizeOf),
    lastText(lastExecutions.get(instance.id)),
  ]);
  const run =
    lastRun === null
      ? 'no run yet'
      : `last run: ${lastRun.id}, ${lastRun.status}, ${formatMoment(lastRun.startedAtMs)}`;
  return [
    ...alignColumns(rows),
    planSummary(plan.steps),
    run,
    `store: ${formatSize(store.sizeBytes)} in ${formatCount(store.fileCount, 'file')}`,
  ];
}

function lastText(last: LastExecution | undefined): string {
  if (last === undefined) return '';
  const trouble = last.status === 'ok' ? '' : ` ${last.status}`;
  return `last ran ${formatMoment(last.startedAtMs)}${trouble}`;
}
