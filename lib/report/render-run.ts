/** What a run prints: a line a stage, a line an expectation, a closing line. */
import type { ExpectationRecord, StageOutcome } from '../model/run.ts';
import type { ExpectationFinding } from '../model/stage.ts';
import type { StageInstance } from '../model/stage.ts';
import { paintVerdict, type Colors } from './colors.ts';
import { formatCount, formatDuration, formatSize } from './quantities.ts';
import { reasonSummary } from './reason-summary.ts';
import type { SizeOf } from './render-plan.ts';
import { padVisible } from './table.ts';

/** Widths must be known before the first stage ends, so they come from the names and the terminal. */
export interface RunLayout {
  readonly nameWidth: number;
  readonly detailWidth: number;
}

const VERDICT_WIDTH = 'skipped'.length;
const TIME_WIDTH = '59.9 s'.length;
/** Of files and pipes: wide enough for a changed input with its old and new digest. */
const FILE_COLUMNS = 100;
const MOST_DETAIL = 'input poison is new content 2f17cc7be137 -> f4225c62c1ba'.length;

export function layOutRun(instanceIds: readonly string[], columns = FILE_COLUMNS): RunLayout {
  const nameWidth = Math.max(0, ...instanceIds.map((id) => id.length));
  const rest = columns - nameWidth - VERDICT_WIDTH - TIME_WIDTH - 3 * 2;
  return { nameWidth, detailWidth: Math.min(MOST_DETAIL, Math.max(16, rest)) };
}

/** `poison    ran      attack.count 600 -> 1200   8.2 s`. */
export function stageLine(
  name: string,
  verdict: string,
  detail: string,
  time: string,
  layout: RunLayout,
  colors: Colors,
): string {
  const columns = [
    padVisible(name, layout.nameWidth),
    padVisible(paintVerdict(verdict, colors), VERDICT_WIDTH),
    padVisible(detail, layout.detailWidth),
    time,
  ];
  return columns.join('  ').trimEnd();
}

/** Beside the outcome: size of what was cached, why it ran, what failed, what a skipped stage needs. */
export function outcomeDetail(
  outcome: StageOutcome,
  failureMessage: string | null,
  missing: string | null,
  sizeOf: SizeOf,
): string {
  switch (outcome.outcome) {
    case 'cached': {
      const sizeBytes = sizeOf(outcome.outputs);
      return sizeBytes === null ? '' : formatSize(sizeBytes);
    }
    case 'shared':
      return 'made by another run';
    case 'failed':
      return failureMessage ?? '';
    case 'skipped':
      return missing === null ? '' : `needs ${missing}`;
    default:
      return reasonSummary(outcome.reasons);
  }
}

/** Time is told of work done, not of work found done. */
export function outcomeTime(outcome: StageOutcome): string {
  const isIdle = outcome.executionId === null || outcome.outcome === 'cached';
  return isIdle ? '' : formatDuration(outcome.durationMs);
}

/** The nearest of a stage's needs that did not come about; null when all did. */
export function findMissingInput(instance: StageInstance | undefined, unmade: ReadonlySet<string>): string | null {
  for (const input of Object.values(instance?.inputs ?? {})) {
    if (input.kind === 'output' && unmade.has(input.instance)) return input.instance;
    const member = input.kind === 'all' ? input.members.find((each) => unmade.has(each.instance)) : undefined;
    if (member !== undefined) return member.instance;
  }
  return null;
}

/** `expect merge[variant=V1].data: added 200, removed 0, changed 0: as declared`. */
export function expectationLine(instance: string, record: ExpectationRecord, colors: Colors): string {
  const findings = record.findings.map(findingText).join(', ');
  const verdict = record.holds ? colors.green('as declared') : colors.red('not as declared');
  return `expect ${instance}.${record.output}: ${findings}: ${verdict}`;
}

/** `7 stages: 6 cached, 1 ran, 8.2 s`. */
export function closingLine(outcomes: readonly StageOutcome[], durationMs: number): string {
  const order = ['cached', 'ran', 'shared', 'failed', 'interrupted', 'skipped'] as const;
  const parts = order.flatMap((word) => {
    const count = outcomes.filter(({ outcome }) => outcome === word).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return `${formatCount(outcomes.length, 'stage')}: ${[...parts, formatDuration(durationMs)].join(', ')}`;
}

function findingText({ check, expected, found, holds }: ExpectationFinding): string {
  const text = (value: ExpectationFinding['found']): string =>
    typeof value === 'object' ? JSON.stringify(value) : String(value);
  return holds ? `${check} ${text(found)}` : `${check} ${text(found)} where ${text(expected)} is declared`;
}
