/** The log's files: entries.jsonl, one envelope a line, only ever added to; checkpoint, replaced whole after each addition. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder, writeAll, writeDurably } from '../base/durable-write.ts';
import { systemErrorCode } from '../base/errors.ts';
import { StoreLock } from '../store/store-lock.ts';

/** Long enough for another process to write ten thousand statements of a project that had no log: on two busy cores it took 13 s. */
const WAIT_MS = 30_000;
const NEWLINE = 0x0a;

export class LogFile {
  readonly folder: string;
  readonly #entries: string;
  readonly #checkpoint: string;
  readonly #lock: StoreLock;

  constructor(folder: string) {
    this.folder = folder;
    this.#entries = join(folder, 'entries.jsonl');
    this.#checkpoint = join(folder, 'checkpoint');
    this.#lock = new StoreLock(join(folder, 'lock'), WAIT_MS);
  }

  /** Runs `work` while no other process adds. Throws UserError store-busy. */
  exclusively<T>(work: () => T): T {
    mkdirSync(this.folder, { recursive: true });
    try {
      return this.#lock.exclusively(work);
    } finally {
      this.#lock.close();
    }
  }

  /** Whole lines from `offset` on. `torn`: what follows the last of them, left by a crash in the middle of a write. */
  read(offset = 0): { readonly lines: readonly string[]; readonly end: number; readonly torn: string } {
    const bytes = this.#readFrom(offset);
    const length = bytes.lastIndexOf(NEWLINE) + 1;
    // Bytes that are not UTF-8 read as U+FFFD, and so differ from what was signed.
    const text = bytes.subarray(0, length).toString('utf8');
    const lines = length === 0 ? [] : text.slice(0, -1).split('\n');
    return { lines, end: offset + length, torn: bytes.subarray(length).toString('utf8') };
  }

  /** Bytes in the file; 0 without one. */
  size(): number {
    return this.#open((fd) => fstatSync(fd).size) ?? 0;
  }

  /** Adds lines at `end`, dropping a torn one that lies there; on disk on return. Only inside `exclusively`. Returns the new end. */
  append(end: number, lines: readonly string[]): number {
    const isNew = this.size() === 0;
    const fd = openSync(this.#entries, 'a', 0o644);
    try {
      if (fstatSync(fd).size > end) ftruncateSync(fd, end);
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
      writeAll(fd, bytes);
      fsyncSync(fd);
      if (isNew) syncFolder(this.folder);
      return end + bytes.length;
    } finally {
      closeSync(fd);
    }
  }

  /** Undefined when there is none. */
  readCheckpoint(): string | undefined {
    try {
      return readFileSync(this.#checkpoint, 'utf8');
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  writeCheckpoint(text: string): void {
    writeDurably(this.#checkpoint, text);
  }

  #readFrom(offset: number): Buffer {
    const bytes = this.#open((fd) => {
      const wanted = Buffer.alloc(Math.max(0, fstatSync(fd).size - offset));
      let done = 0;
      while (done < wanted.length) {
        const count = readSync(fd, wanted, done, wanted.length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
      return wanted.subarray(0, done);
    });
    return bytes ?? Buffer.alloc(0);
  }

  #open<T>(use: (fd: number) => T): T | undefined {
    let fd: number;
    try {
      fd = openSync(this.#entries, 'r');
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}
