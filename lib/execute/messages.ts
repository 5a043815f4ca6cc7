/** Reads what a stage program says on its messages descriptor. */
import { StringDecoder } from 'node:string_decoder';
import type { StageMessage } from '../stage-api/context-file.ts';

/** A line longer than this is not a message: the longest sensible one is a few hundred bytes. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Cuts a stream of bytes into lines, whatever the pieces they come in and wherever these cut a character. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The lines that `piece` completes, without their line ends. */
  push(piece: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.write(Buffer.from(piece))).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE_LENGTH) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    return lines;
  }

  /** What came after the last line end. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}

/** The message that a line holds, or undefined when it holds none: a program in any language may have written it. */
export function parseMessage(line: string): StageMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Said by the caller as a warning, with the line itself.
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, text, done, total, unit = '', label = '' } = value as Record<string, unknown>;
  if (type === 'message' && typeof text === 'string') return { type, text };
  const isProgress =
    type === 'progress' && isCount(done) && isCount(total) && typeof unit === 'string' && typeof label === 'string';
  return isProgress ? { type, done, total, unit, label } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
