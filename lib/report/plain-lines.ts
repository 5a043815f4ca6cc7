/** Shows a run where no cursor can move back: files, pipes, build logs. */
import type { RunEvent } from '../model/event.ts';
import { reasonSummary } from './reason-summary.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { noticeText, progressText, RunLines } from './run-lines.ts';
import { TimeLeft } from './time-left.ts';

/** At most this many progress lines a stage: a log should not grow with the number of steps. */
const PROGRESS_LINES = 4;

export class PlainLines implements Reporter {
  readonly #options: ReporterOptions;
  readonly #lines: RunLines;
  readonly #timeLeft: TimeLeft;
  /** Quarters of a stage's work already told. */
  readonly #told = new Map<string, number>();

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#lines = new RunLines(options.sizeOf);
    this.#timeLeft = new TimeLeft(options.typicalMs);
  }

  handle(event: RunEvent): void {
    const { out, err } = this.#options.terminal;
    switch (event.kind) {
      case 'run-started':
        this.#lines.start(event, out);
        this.#timeLeft.start(event.plan);
        return;
      case 'stage-started':
        this.#timeLeft.began(this.#options.clock.elapsedMs());
        this.#told.set(event.instance, 0);
        err.line(this.#lines.underWay(event.instance, 'running', reasonSummary(event.reasons), err));
        return;
      case 'stage-progress': {
        const quarter = event.total > 0 ? Math.floor((PROGRESS_LINES * event.done) / event.total) : 0;
        // The last quarter is the stage's own closing line.
        if (quarter <= (this.#told.get(event.instance) ?? 0) || quarter >= PROGRESS_LINES) return;
        this.#told.set(event.instance, quarter);
        err.line(this.#lines.underWay(event.instance, 'running', progressText(event), err));
        return;
      }
      case 'stage-finished': {
        out.line(this.#lines.finished(event, out));
        this.#timeLeft.ended(event.outcome);
        const left = this.#timeLeft.tell(this.#options.clock.elapsedMs());
        if (left !== undefined) err.line(left);
        return;
      }
      default: {
        const notice = noticeText(event);
        if (notice !== undefined) err.line(notice);
      }
    }
  }

  close(): void {
    // Nothing is left on the screen to take off.
  }
}
