/** What would run and why, one line a stage: `assay plan` and, with the last run beside it, `assay status`. */
import { unreachable } from '../base/errors.ts';
import type { OutputDigests, Plan, PlanStep, Verdict } from '../model/plan.ts';
import type { Digest } from '../base/digest.ts';
import type { Reason } from '../model/plan.ts';
import { paintVerdict, type Colors } from './colors.ts';
import { formatCount, formatSize } from './quantities.ts';
import { reasonSummary } from './reason-summary.ts';
import { alignColumns } from './table.ts';

/** The bytes of a result's outputs together; null when the store cannot say. */
export type SizeOf = (outputs: OutputDigests) => number | null;

/** One stage of `assay plan --json` and of the event `run-started`. */
export interface StepJson {
  readonly stage: string;
  /** The stage with its place in the matrix; names it everywhere else. */
  readonly instance: string;
  readonly verdict: Verdict['state'];
  /** The action key; null while an input is not made yet. */
  readonly key: Digest | null;
  /** Why it is stale; empty otherwise. */
  readonly reasons: readonly Reason[];
  /** The instances an undecided stage waits on; empty otherwise. */
  readonly waitingOn: readonly string[];
  /** Output name to artifact, when cached; empty otherwise. */
  readonly outputs: OutputDigests;
}

/** `assay plan --json`. */
export interface PlanJson {
  readonly profile: string | null;
  readonly stages: readonly StepJson[];
  readonly counts: { readonly cached: number; readonly stale: number; readonly undecided: number };
}

export function renderPlan(plan: Plan, sizeOf: SizeOf, colors: Colors): string[] {
  const rows = plan.steps.map((step) => [
    step.instance.id,
    paintVerdict(step.verdict.state, colors),
    verdictDetail(step.verdict, sizeOf),
  ]);
  return [...alignColumns(rows), planSummary(plan.steps)];
}

/** Beside the verdict: the size of what is cached, why a stage is stale, or what it waits on. */
export function verdictDetail(verdict: Verdict, sizeOf: SizeOf): string {
  switch (verdict.state) {
    case 'cached': {
      const sizeBytes = sizeOf(verdict.outputs);
      return sizeBytes === null ? '' : formatSize(sizeBytes);
    }
    case 'stale':
      return reasonSummary(verdict.reasons);
    case 'undecided':
      return `waits on ${listSome(verdict.waitingOn)}`;
    default:
      return unreachable(verdict);
  }
}

/** `7 stages: 3 cached, 1 stale, 3 undecided`. */
export function planSummary(steps: readonly PlanStep[]): string {
  const counts = countVerdicts(steps);
  const parts = (['cached', 'stale', 'undecided'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${state}`);
  return `${formatCount(steps.length, 'stage')}: ${parts.join(', ')}`;
}

export function planJson(plan: Plan): PlanJson {
  return {
    profile: plan.pipeline.profile,
    stages: plan.steps.map(stepJson),
    counts: countVerdicts(plan.steps),
  };
}

export function stepJson({ instance, verdict }: PlanStep): StepJson {
  return {
    stage: instance.stage,
    instance: instance.id,
    verdict: verdict.state,
    key: verdict.state === 'undecided' ? null : verdict.key,
    reasons: verdict.state === 'stale' ? verdict.reasons : [],
    waitingOn: verdict.state === 'undecided' ? verdict.waitingOn : [],
    outputs: verdict.state === 'cached' ? verdict.outputs : {},
  };
}

function countVerdicts(steps: readonly PlanStep[]): { cached: number; stale: number; undecided: number } {
  const counts = { cached: 0, stale: 0, undecided: 0 };
  for (const { verdict } of steps) counts[verdict.state]++;
  return counts;
}

/** Three names, and how many more: a fan-in may wait on a hundred. */
function listSome(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
