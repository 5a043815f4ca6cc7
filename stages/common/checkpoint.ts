/** Long work continues where it was killed: one file, replaced whole, in the folder that outlives a killed execution. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StageError } from '../../lib/stage-api/stage-error.ts';
import { decodeFloats, encodeFloats } from './model-file.ts';

/** `note` survives JSON exactly (numbers do); `arrays` come back bit for bit. */
export interface Checkpoint<T> {
  readonly note: T;
  readonly arrays: readonly Float32Array[];
}

/** Replaces the checkpoint `name`. A kill at any moment leaves the old one or the new one, never a mixture. */
export function saveCheckpoint<T>(folder: string, name: string, { note, arrays }: Checkpoint<T>): void {
  const head = Buffer.from(`${JSON.stringify({ note, sizes: arrays.map((array) => array.length) })}\n`);
  const path = join(folder, `${name}.checkpoint`);
  const temporary = `${path}.partial`;
  const fd = openSync(temporary, 'w');
  try {
    for (const piece of [head, encodeFloats(arrays)]) {
      for (let written = 0; written < piece.length;) written += writeSync(fd, piece, written);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/** The last checkpoint `name`, or null when there is none yet. Throws StageError `checkpoint-corrupt`. */
export function loadCheckpoint<T>(folder: string, name: string): Checkpoint<T> | null {
  const path = join(folder, `${name}.checkpoint`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const end = bytes.indexOf(0x0a);
  try {
    const { note, sizes } = JSON.parse(bytes.toString('utf8', 0, end)) as { note: T; sizes: number[] };
    return { note, arrays: decodeFloats(bytes.subarray(end + 1), sizes) };
  } catch (cause) {
    throw new StageError('checkpoint-corrupt', `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: 'delete it to start the stage from its beginning',
      cause,
    });
  }
}
