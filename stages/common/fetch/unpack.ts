/** What a compressed file or an archive holds. Its first bytes say what it is, never its name. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import xz from 'xz-decompress';
import { StageError } from '../../../lib/stage-api/stage-error.ts';

type Wrapping = 'gzip' | 'xz' | 'none';
type OnRead = (readBytes: number, sizeBytes: number) => void;

/** The bytes of a file without its gzip or xz. Throws StageError 'dataset-file-corrupt' when the compression is broken or cut off. */
export async function unpackFile(path: string): Promise<Uint8Array> {
  const wrapping = wrappingOf(path);
  if (wrapping === 'none') return readFileSync(path);
  try {
    if (wrapping === 'gzip') return gunzipSync(readFileSync(path));
    const pieces: Uint8Array[] = [];
    for await (const piece of decompress(path, wrapping, () => {})) pieces.push(piece as Uint8Array);
    return Buffer.concat(pieces);
  } catch (cause) {
    throw corruptFile(path, wrapping, cause);
  }
}

/**
 * The members of an archive whose base name is wanted; those it has not are absent. Reads a .tar as it is, in gzip or in xz. Throws
 * StageError 'dataset-file-corrupt' when it is broken or cut off.
 */
export async function unpackArchive(
  path: string,
  wanted: ReadonlySet<string>,
  onRead: OnRead,
): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  let fault: unknown;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const name = basename(entry.path);
      if (entry.type !== 'File' || !wanted.has(name) || members.has(name)) return void entry.resume();
      const pieces: Buffer[] = [];
      entry.on('data', (piece: Buffer) => pieces.push(piece));
      entry.on('end', () => members.set(name, Buffer.concat(pieces)));
    },
  });
  parser.on('error', (error: unknown) => (fault ??= error));
  const wrapping = wrappingOf(path);
  try {
    for await (const piece of decompress(path, wrapping, onRead)) {
      parser.write(piece as Buffer);
      if (fault !== undefined) throw fault;
    }
    parser.end();
    if (fault !== undefined) throw fault;
  } catch (cause) {
    throw corruptFile(path, wrapping === 'none' ? 'tar' : wrapping, cause);
  }
  return members;
}

/** The pieces of a file without its wrapping. Throws what the decompressor throws. */
async function* decompress(path: string, wrapping: Wrapping, onRead: OnRead): AsyncGenerator<unknown> {
  const sizeBytes = statSync(path).size;
  let readBytes = 0;
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  file.on('data', (piece) => onRead((readBytes += piece.length), sizeBytes));
  switch (wrapping) {
    case 'none':
      yield* file;
      break;
    case 'gzip':
      yield* file.compose(createGunzip());
      break;
    case 'xz':
      // Node's and the browser's types of one and the same stream.
      yield* Readable.fromWeb(new xz.XzReadableStream(Readable.toWeb(file) as never) as never);
      break;
  }
}

function wrappingOf(path: string): Wrapping {
  const beginning = Buffer.alloc(6);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, beginning, 0, beginning.length, 0);
  } finally {
    closeSync(fd);
  }
  if (beginning.readUInt16BE(0) === 0x1f8b) return 'gzip';
  // The magic of an .xz stream: FD, 7zXZ, 00.
  return beginning.toString('latin1') === '\xfd7zXZ\0' ? 'xz' : 'none';
}

function corruptFile(path: string, wrapping: string, cause: unknown): StageError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StageError('dataset-file-corrupt', `${path} is no sound ${wrapping} file: ${why}.`, {
    hint: 'the file was cut off or altered: replace it',
    cause,
  });
}
