/** Shows a run on a terminal: a bar for each stage under way, a line for each that has ended, above the bars. */
import cliProgress, { type MultiBar, type SingleBar } from 'cli-progress';
import type { RunEvent } from '../model/event.ts';
import { reasonSummary } from './reason-summary.ts';
import { formatDuration } from './quantities.ts';
import type { Reporter, ReporterOptions, TextSink } from './reporter.ts';
import { noticeText, RunLines } from './run-lines.ts';
import { cutTo, singleLine } from './table.ts';
import { TimeLeft } from './time-left.ts';

const BAR_WIDTH = 24;
const REDRAWS_PER_SECOND = 10;

export class Bars implements Reporter {
  readonly #options: ReporterOptions;
  readonly #lines: RunLines;
  readonly #timeLeft: TimeLeft;
  readonly #multiBar: MultiBar;
  readonly #bars = new Map<string, SingleBar>();
  #isClosed = false;

  /** `stream`: the terminal that the bars are drawn on, the one behind `options.terminal.err`. */
  constructor(options: ReporterOptions, stream: NodeJS.WriteStream) {
    this.#options = options;
    this.#lines = new RunLines(options.sizeOf);
    this.#timeLeft = new TimeLeft(options.typicalMs);
    this.#multiBar = new cliProgress.MultiBar(
      {
        stream,
        format: (_options, params, payload: BarPayload) => this.#format(params.progress, payload),
        fps: REDRAWS_PER_SECOND,
        hideCursor: true,
        clearOnComplete: true,
        forceRedraw: true,
        // The lines above the bars may be longer than the terminal is wide; the bars are cut to fit.
        linewrap: true,
        gracefulExit: false,
        emptyOnZero: true,
      },
      cliProgress.Presets.shades_classic,
    );
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
        this.#remove(event.instance);
        this.#bars.set(
          event.instance,
          this.#multiBar.create(1, 0, {
            instance: event.instance,
            detail: reasonSummary(event.reasons),
            counts: '',
            startedAtMs: this.#options.clock.elapsedMs(),
          } satisfies BarPayload),
        );
        return;
      case 'stage-progress': {
        const bar = this.#bars.get(event.instance);
        const counts = `${event.done}/${event.total} ${singleLine(event.unit)}`;
        bar?.setTotal(Math.max(1, event.total));
        bar?.update(event.done, { detail: singleLine(event.label), counts } satisfies Partial<BarPayload>);
        return;
      }
      case 'stage-finished': {
        // Before its bar goes: taking a bar away redraws, and so prints the line.
        this.#print(this.#lines.finished(event, out), out);
        this.#remove(event.outcome.instance);
        this.#timeLeft.ended(event.outcome);
        const left = this.#timeLeft.tell(this.#options.clock.elapsedMs());
        if (left !== undefined) this.#print(left, err);
        return;
      }
      default: {
        const notice = noticeText(event);
        if (notice !== undefined) this.#print(notice, err);
      }
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#multiBar.stop();
  }

  /** Above the bars when the sink is this terminal; bars on it would otherwise be torn. */
  #print(text: string, sink: TextSink): void {
    if (sink.isTerminal && !this.#isClosed && this.#bars.size > 0) this.#multiBar.log(`${text}\n`);
    else sink.line(text);
  }

  #remove(instance: string): void {
    const bar = this.#bars.get(instance);
    if (bar === undefined) return;
    this.#multiBar.remove(bar);
    this.#bars.delete(instance);
    // Without bars the cursor must stand at the start of a free line; the next bar starts the drawing again.
    if (this.#bars.size === 0) this.#multiBar.stop();
  }

  #format(progress: number, { instance, detail, counts, startedAtMs }: BarPayload): string {
    const { colors, columns } = this.#options.terminal.err;
    const full = Math.round(Math.min(1, Math.max(0, progress)) * BAR_WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
    const head = `${instance.padEnd(this.#lines.nameWidth)}  `;
    const percent = counts === '' ? '' : `${String(Math.floor(100 * progress)).padStart(3)} %  ${counts}`;
    const elapsed = formatDuration(Math.floor((this.#options.clock.elapsedMs() - startedAtMs) / 1000) * 1000);
    const tail = [percent, elapsed, detail].filter((part) => part !== '').join('  ');
    return head + colors.cyan(bar) + cutTo(`  ${tail}`, Math.max(0, columns - head.length - BAR_WIDTH - 1));
  }
}

interface BarPayload {
  readonly instance: string;
  readonly detail: string;
  readonly counts: string;
  readonly startedAtMs: number;
}
