/** Why a stage would run now, field by field, and why it ran last. */
import { unreachable } from '../base/errors.ts';
import type { PlanStep, Reason, Verdict } from '../model/plan.ts';
import { renderWholeReason } from '../plan/render-reason.ts';
import { paintVerdict, type Colors } from './colors.ts';
import { formatDuration, formatMoment } from './quantities.ts';
import { stepJson, type StepJson } from './render-plan.ts';

/** `assay why --json`: one of these for each instance of the stage. */
export interface WhyJson extends StepJson {
  /** The latest time it ran; null when it never did in this store. */
  readonly lastRan: LastRan | null;
}

export interface LastRan {
  readonly runId: number;
  readonly executionId: number;
  readonly atMs: number;
  readonly durationMs: number | null;
  readonly reasons: readonly Reason[];
}

export function whyJson(step: PlanStep, lastRan: LastRan | null): WhyJson {
  return { ...stepJson(step), lastRan };
}

export function renderWhy(step: PlanStep, lastRan: LastRan | null, colors: Colors): string[] {
  return [
    `${step.instance.id} is ${paintVerdict(step.verdict.state, colors)}${verdictClause(step.verdict)}`,
    ...(step.verdict.state === 'stale' ? reasonLines(step.verdict.reasons) : []),
    ...lastRanLines(lastRan),
  ];
}

function verdictClause(verdict: Verdict): string {
  switch (verdict.state) {
    case 'cached':
      return ': nothing that may change its outputs has changed';
    case 'stale':
      return '';
    case 'undecided':
      return `: it reads what ${verdict.waitingOn.join(', ')} ${verdict.waitingOn.length === 1 ? 'has' : 'have'} yet to make`;
    default:
      return unreachable(verdict);
  }
}

function lastRanLines(lastRan: LastRan | null): string[] {
  if (lastRan === null) return ['it has not run in this store'];
  const took = lastRan.durationMs === null ? '' : `, took ${formatDuration(lastRan.durationMs)}`;
  const because = lastRan.reasons.length === 0 ? '' : ', because';
  return [
    `last ran ${formatMoment(lastRan.atMs)} (run ${lastRan.runId}, execution ${lastRan.executionId})${took}${because}`,
    ...reasonLines(lastRan.reasons),
  ];
}

function reasonLines(reasons: readonly Reason[]): string[] {
  return reasons.map((reason) => `  ${renderWholeReason(reason)}`);
}
