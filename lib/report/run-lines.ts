/** The lines of a run that bars and plain lines share: both are told the same, and differ in how they show what is under way. */
import type { RunEvent } from '../model/event.ts';
import type { StageOutcome } from '../model/run.ts';
import type { StageInstance } from '../model/stage.ts';
import type { SizeOf } from './render-plan.ts';
import { messageBeside } from './render-failure.ts';
import { findMissingInput, layOutRun, outcomeDetail, outcomeTime, stageLine, type RunLayout } from './render-run.ts';
import { cutTo, singleLine } from './table.ts';
import type { TextSink } from './reporter.ts';

export class RunLines {
  #layout: RunLayout = layOutRun([]);
  readonly #instances = new Map<string, StageInstance>();
  /** Failed, interrupted or skipped: what a skipped stage lacks is among these. */
  readonly #unmade = new Set<string>();
  readonly #sizeOf: SizeOf;

  constructor(sizeOf: SizeOf) {
    this.#sizeOf = sizeOf;
  }

  start(event: Extract<RunEvent, { kind: 'run-started' }>, sink: TextSink): void {
    for (const { instance } of event.plan.steps) this.#instances.set(instance.id, instance);
    this.#layout = layOutRun([...this.#instances.keys()], sink.isTerminal ? sink.columns : undefined);
  }

  /** The line of a stage that has come to its end. */
  finished({ outcome, failure }: Extract<RunEvent, { kind: 'stage-finished' }>, sink: TextSink): string {
    if (isUnmade(outcome)) this.#unmade.add(outcome.instance);
    const missing = findMissingInput(this.#instances.get(outcome.instance), this.#unmade);
    const message = failure === null ? null : firstLine(messageBeside(outcome.instance, failure.message));
    const detail = outcomeDetail(outcome, message, missing, this.#sizeOf);
    return stageLine(outcome.instance, outcome.outcome, detail, outcomeTime(outcome), this.#layout, sink.colors);
  }

  /** The line of a stage under way: `poison    running  150 of 600 images (25 %)  loss 0.41`. */
  underWay(instance: string, verdict: string, detail: string, sink: TextSink): string {
    return stageLine(instance, verdict, detail, '', this.#layout, sink.colors);
  }

  get nameWidth(): number {
    return this.#layout.nameWidth;
  }
}

/** What to say at once of the rarer events, under bars as in plain lines; undefined for the others. */
export function noticeText(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'stage-message':
      return `${event.instance}: ${singleLine(event.message)}`;
    case 'stage-retrying':
      return `${event.instance}: ${singleLine(event.problem)}; trying again (attempt ${event.attempt})`;
    case 'stage-waiting':
      return `${event.instance}: waits for another assay (process ${event.pid}), which is making the same result`;
    case 'warning':
      return `warning: ${event.message}`;
    default:
      return undefined;
  }
}

export function progressText(progress: { done: number; total: number; unit: string; label: string }): string {
  const percent = progress.total > 0 ? Math.floor((100 * progress.done) / progress.total) : 0;
  const amount = `${progress.done} of ${progress.total} ${singleLine(progress.unit)} (${percent} %)`;
  return progress.label === '' ? amount : `${amount}  ${cutTo(singleLine(progress.label), 60)}`;
}

/** What follows is told in full when the run ends. */
function firstLine(message: string): string {
  return singleLine(message.split('\n', 1)[0] ?? '');
}

function isUnmade(outcome: StageOutcome): boolean {
  return outcome.outcome === 'failed' || outcome.outcome === 'interrupted' || outcome.outcome === 'skipped';
}
