/** What a run leaves on the screen when its stages are done: shown outputs, expectations, failures, the closing line. */
import { isAbsolute, relative } from 'node:path';
import type { RunEvent, StageFailure } from '../model/event.ts';
import type { StageOutcome } from '../model/run.ts';
import type { Pipeline } from '../model/stage.ts';
import { JsonLines } from '../report/json-lines.ts';
import type { Reporter, Terminal } from '../report/reporter.ts';
import { renderFailure } from '../report/render-failure.ts';
import { closingLine, expectationLine } from '../report/render-run.ts';
import { refuseContradicted } from '../plan/vouched-outputs.ts';
import { readText } from './artifact-content.ts';
import { printLines } from './print.ts';
import type { Parts } from './wire.ts';

/** Gathers, while a run goes on, what is told at its end. */
export class RunEnding {
  readonly #failures: { instance: string; failure: StageFailure }[] = [];
  /** By instance and output: of a stage that was tried twice, the last check counts. */
  readonly #checks = new Map<string, Extract<RunEvent, { kind: 'expectation-checked' }>>();

  note(event: RunEvent): void {
    if (event.kind === 'expectation-checked') this.#checks.set(`${event.instance}.${event.record.output}`, event);
    if (event.kind !== 'stage-finished' || event.failure === null) return;
    this.#failures.push({ instance: event.outcome.instance, failure: event.failure });
  }

  /** `isOk`: only then is there a whole result to show. */
  print(
    run: { pipeline: Pipeline; outcomes: readonly StageOutcome[]; durationMs: number; isOk: boolean },
    reporter: Reporter,
    parts: Parts,
    terminal: Terminal,
    cwd: string,
  ): void {
    const shown = run.isOk ? readShown(run.pipeline, run.outcomes, parts) : [];
    if (reporter instanceof JsonLines) {
      for (const { output, text } of shown) reporter.write({ event: 'shown', output, text });
      return;
    }
    const { out, err } = terminal;
    for (const { text } of shown) out.write(`\n${text.endsWith('\n') ? text : `${text}\n`}`);
    if (shown.length > 0) out.line('');
    const checks = this.#inOrder(run.pipeline);
    printLines(
      out,
      checks.map(({ instance, record }) => expectationLine(instance, record, out.colors)),
    );
    for (const { instance, failure } of this.#failures) {
      err.line('');
      printLines(err, renderFailure(instance, withRelativePaths(failure, cwd), err.colors));
    }
    if (this.#failures.length > 0) err.line('');
    out.line(closingLine(run.outcomes, run.durationMs));
  }

  /** Stages end in any order; the file has one. */
  #inOrder({ instances }: Pipeline): Extract<RunEvent, { kind: 'expectation-checked' }>[] {
    return instances.flatMap(({ id, expect }) =>
      Object.keys(expect).flatMap((output) => this.#checks.get(`${id}.${output}`) ?? []),
    );
  }
}

/** The `show` outputs among those of this run; with targets it may have made only some. */
function readShown(
  { show }: Pipeline,
  outcomes: readonly StageOutcome[],
  parts: Parts,
): { output: string; text: string }[] {
  const byInstance = new Map(outcomes.map((outcome) => [outcome.instance, outcome]));
  return show.flatMap(({ instance, output }) => {
    const outcome = byInstance.get(instance);
    const artifact = outcome?.outputs[output];
    if (outcome === undefined || artifact === undefined) return [];
    const { executionId, outputs } = outcome;
    if (executionId !== null && outcome.outcome !== 'ran') refuseContradicted(instance, executionId, outputs, parts);
    const { store } = parts;
    const text = readText(store, store.readManifest(artifact));
    const name = `${instance}.${output}`;
    return [
      { output: name, text: text ?? `${name} is not text, or too long to print: assay export '${name}' <path>\n` },
    ];
  });
}

/** As one would type them, when they lie below the working directory. */
function withRelativePaths(failure: StageFailure, cwd: string): StageFailure {
  const shorten = (path: string | null): string | null => {
    if (path === null || !isAbsolute(path)) return path;
    const short = relative(cwd, path);
    return short.startsWith('..') ? path : short;
  };
  return { ...failure, logPath: shorten(failure.logPath), quarantinePath: shorten(failure.quarantinePath) };
}
