/** What a stage's programs wrote to stdout and stderr: a file, the last lines, and text for whoever watches. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { writeAll } from '../base/durable-write.ts';
import { systemErrorCode } from '../base/errors.ts';
import { LineReader } from './messages.ts';

export type LogStream = 'stdout' | 'stderr';

/** More than anybody reads; it keeps a stage that prints in a loop from filling the disk. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;
const TAIL_LINES = 20;

/** How everything begins that the engine itself stores beside logs: `result/v1` and a zero byte. */
const LIKE_A_RECORD = /^[a-z-]+\/v\d+\0/;

/** The bytes under which a log is stored. After an empty line, what a program prints is never taken for one of our records. */
export function storedLog(bytes: Buffer): Buffer {
  return LIKE_A_RECORD.test(bytes.toString('latin1', 0, 64)) ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes;
}

/** Both streams in the order in which their pieces came. Watchers get whole lines. */
export class StageLog {
  readonly path: string;
  readonly #fd: number;
  readonly #onText: (stream: LogStream, text: string) => void;
  readonly #readers = { stdout: new LineReader(), stderr: new LineReader() };
  readonly #tail: string[] = [];
  #sizeBytes = 0;
  #lossCode: string | null = null;

  constructor(path: string, onText: (stream: LogStream, text: string) => void) {
    this.path = path;
    this.#fd = openSync(path, 'w');
    this.#onText = onText;
  }

  write(stream: LogStream, piece: Uint8Array): void {
    this.#keep(piece);
    this.#show(stream, this.#readers[stream].push(piece));
  }

  /** Call once, when both streams have ended. */
  close(): void {
    this.#show('stdout', this.#readers.stdout.end());
    this.#show('stderr', this.#readers.stderr.end());
    closeSync(this.#fd);
  }

  get isEmpty(): boolean {
    return this.#sizeBytes === 0;
  }

  /** ENOSPC, …: why the file ends before the program did; null when it does not. */
  get lossCode(): string | null {
    return this.#lossCode;
  }

  /** The last lines, oldest first. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  #keep(piece: Uint8Array): void {
    if (this.#lossCode !== null || this.#sizeBytes >= MAX_LOG_BYTES) return;
    try {
      writeAll(this.#fd, piece);
      this.#sizeBytes += piece.length;
      if (this.#sizeBytes >= MAX_LOG_BYTES)
        writeSync(this.#fd, '\n[assay: the log ends here, at 64 MiB; the stage wrote more]\n');
    } catch (error) {
      // The work of hours is worth more than what it prints: it goes on, and its end tells that the log is not whole.
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      this.#lossCode = code;
    }
  }

  #show(stream: LogStream, lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#tail.push(...lines.slice(-TAIL_LINES));
    this.#tail.splice(0, this.#tail.length - TAIL_LINES);
    this.#onText(stream, `${lines.join('\n')}\n`);
  }
}
