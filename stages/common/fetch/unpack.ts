/** What a compressed file or an archive holds. Its first bytes say what it is, never its name. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
    await decompress(
      path,
      wrapping,
      () => {},
      (piece) => pieces.push(Buffer.from(piece)),
    );
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
    await decompress(path, wrapping, onRead, (piece) => {
      parser.write(piece);
      if (fault !== undefined) throw fault;
    });
    parser.end();
    if (fault !== undefined) throw fault;
  } catch (cause) {
    throw corruptFile(path, wrapping === 'none' ? 'tar' : wrapping, cause);
  }
  return members;
}

/** Hands over the pieces of a file without its wrapping, in order. Throws what the decompressor or `take` throws. */
async function decompress(
  path: string,
  wrapping: Wrapping,
  onRead: OnRead,
  take: (piece: Buffer) => void,
): Promise<void> {
  const sizeBytes = statSync(path).size;
  let readBytes = 0;
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const counted = file.on('data', (piece) => onRead((readBytes += piece.length), sizeBytes));
  const takeAll = async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of pieces) take(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  };
  switch (wrapping) {
    case 'none':
      return pipeline(counted, takeAll);
    case 'gzip':
      return pipeline(counted, createGunzip(), takeAll);
    case 'xz':
      // Node's and the browser's types of one and the same stream.
      return pipeline(Readable.fromWeb(new xz.XzReadableStream(Readable.toWeb(counted) as never) as never), takeAll);
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
