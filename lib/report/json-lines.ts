/** `assay run --json`: one event a line, in shapes that stay. */
import type { RunEvent, StageFailure } from '../model/event.ts';
import type { ExpectationRecord, StageOutcome } from '../model/run.ts';
import type { Reason } from '../model/plan.ts';
import { stepJson, type StepJson } from './render-plan.ts';
import type { Reporter, TextSink } from './reporter.ts';

/**
 * Every line of `assay run --json`. The first is `run-started` and the last `run-finished`; new fields and new events may be
 * added, none goes or changes its meaning. A change's absent `from` or `to` says that the field was not there.
 */
export type RunEventJson =
  | { event: 'run-started'; runId: number; profile: string | null; note: string | null; stages: readonly StepJson[] }
  | { event: 'stage-started'; instance: string; attempt: number; reasons: readonly Reason[]; logPath: string }
  | { event: 'stage-progress'; instance: string; done: number; total: number; unit: string; label: string }
  | { event: 'stage-message'; instance: string; message: string }
  | { event: 'stage-output'; instance: string; stream: 'stdout' | 'stderr'; text: string }
  | { event: 'stage-retrying'; instance: string; attempt: number; problem: string }
  | { event: 'stage-waiting'; instance: string; pid: number }
  | ({ event: 'stage-finished'; failure: StageFailure | null } & StageOutcome)
  | ({ event: 'expectation-checked'; instance: string } & ExpectationRecord)
  | { event: 'warning'; message: string }
  /** A text output that the pipeline's `show` names, after a run that is ok. */
  | { event: 'shown'; output: string; text: string }
  | { event: 'run-finished'; runId: number; status: 'ok' | 'failed' | 'interrupted'; durationMs: number };

export class JsonLines implements Reporter {
  readonly #sink: TextSink;
  /** Held back until the command has shown what it shows: it is the last line. */
  #closing: RunEventJson | undefined;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  handle(event: RunEvent): void {
    const json = runEventJson(event);
    if (json.event === 'run-finished') this.#closing = json;
    else this.write(json);
  }

  write(json: RunEventJson): void {
    this.#sink.line(JSON.stringify(json));
  }

  close(): void {
    if (this.#closing !== undefined) this.write(this.#closing);
    this.#closing = undefined;
  }
}

function runEventJson(event: RunEvent): RunEventJson {
  switch (event.kind) {
    case 'run-started':
      return {
        event: event.kind,
        runId: event.runId,
        profile: event.plan.pipeline.profile,
        note: event.plan.pipeline.note,
        stages: event.plan.steps.map(stepJson),
      };
    case 'stage-finished':
      return {
        event: event.kind,
        ...event.outcome,
        durationMs: Math.round(event.outcome.durationMs),
        failure: event.failure,
      };
    case 'run-finished':
      return { event: event.kind, runId: event.runId, status: event.status, durationMs: Math.round(event.durationMs) };
    case 'expectation-checked':
      return { event: event.kind, instance: event.instance, ...event.record };
    default: {
      const { kind, ...rest } = event;
      return { event: kind, ...rest } as RunEventJson;
    }
  }
}
