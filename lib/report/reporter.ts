/** Whoever shows a run while it happens: bars, plain lines or JSON lines. */
import type { Clock } from '../base/clock.ts';
import type { RunEvent } from '../model/event.ts';
import type { SizeOf } from './render-plan.ts';
import type { Colors } from './colors.ts';

export interface Reporter {
  handle(event: RunEvent): void;
  /** Takes bars off the screen, so that what follows starts on a line of its own. Idempotent. */
  close(): void;
}

/** The two streams of a command. Lines come without their line end. */
export interface Terminal {
  /** Results. */
  readonly out: TextSink;
  /** Progress, warnings and errors. */
  readonly err: TextSink;
}

export interface TextSink {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly colors: Colors;
  line(text: string): void;
  /** Bytes as they are. */
  write(bytes: string | Uint8Array): void;
}

export interface ReporterOptions {
  readonly terminal: Terminal;
  readonly sizeOf: SizeOf;
  readonly clock: Clock;
  /** How long an execution of each stage took in earlier runs, in milliseconds. */
  readonly typicalMs: () => ReadonlyMap<string, number>;
}
