/** IDX, the file format of MNIST (LeCun, Cortes, Burges, "The MNIST database", file formats): a big-endian header, then plain bytes. */
import { InternalError, UserError } from '../base/errors.ts';

/** Unsigned bytes in row-major order, the first dimension slowest. */
export interface Idx {
  readonly dimensions: readonly number[];
  /** A view of the file's bytes after its header. */
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

/**
 * Reads an IDX file of unsigned bytes; `name` stands for it in errors. Throws UserError 'idx-corrupt' with the offset of the
 * first wrong byte, what belongs there and what is there.
 */
export function parseIdx(bytes: Uint8Array, name: string): Idx {
  const corrupt = (offset: number, expected: string, found: string): UserError =>
    new UserError(
      'idx-corrupt',
      `${name} is not a sound IDX file: at byte ${offset} expected ${expected}, found ${found}.`,
      {
        hint: 'fetch the file again: it was cut off or is something else',
      },
    );
  const endsAt = `the end of the file (${bytes.length} bytes)`;

  if (bytes.length < 4) throw corrupt(bytes.length, 'a header of 4 bytes', endsAt);
  const [zero, alsoZero, type, rank] = bytes as unknown as [number, number, number, number];
  if (zero !== 0) throw corrupt(0, '0x00', hex(zero));
  if (alsoZero !== 0) throw corrupt(1, '0x00', hex(alsoZero));
  if (type !== UNSIGNED_BYTE) throw corrupt(2, `${hex(UNSIGNED_BYTE)} (unsigned bytes)`, hex(type));
  if (rank === 0) throw corrupt(3, 'at least one dimension', hex(rank));

  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) throw corrupt(bytes.length, `${rank} dimensions of 4 bytes each`, endsAt);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  // A product beyond 2^53 is inexact but still far from any file's length.
  const valueCount = dimensions.reduce((product, dimension) => product * dimension, 1);
  const wanted = `${dimensions.join(' x ')} values`;
  const available = bytes.length - headerBytes;
  if (available < valueCount) throw corrupt(bytes.length, wanted, `the end of the file after ${available}`);
  if (available > valueCount) {
    throw corrupt(
      headerBytes + valueCount,
      `the end of the file after ${wanted}`,
      `${available - valueCount} bytes more`,
    );
  }
  // A plain Uint8Array even of a Buffer, whose slice() would not copy.
  return { dimensions, values: new Uint8Array(bytes.buffer, bytes.byteOffset + headerBytes, valueCount) };
}

/** The bytes of an IDX file: what parseIdx reads back. */
export function encodeIdx(dimensions: readonly number[], values: Uint8Array): Uint8Array {
  const valueCount = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (dimensions.length === 0 || dimensions.length > 255 || valueCount !== values.length) {
    throw new InternalError(`${values.length} values do not fill an IDX array of ${dimensions.join(' x ')}`);
  }
  const headerBytes = 4 + 4 * dimensions.length;
  const bytes = new Uint8Array(headerBytes + values.length);
  bytes.set([0, 0, UNSIGNED_BYTE, dimensions.length]);
  const view = new DataView(bytes.buffer);
  dimensions.forEach((dimension, i) => view.setUint32(4 + 4 * i, dimension));
  bytes.set(values, headerBytes);
  return bytes;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
