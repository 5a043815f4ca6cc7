/** Digests: `sha256:` and 64 lowercase hex. The only place that hashes. */
import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { canonicalJson, type Json } from './canonical-json.ts';
import { InternalError } from './errors.ts';

declare const digestBrand: unique symbol;
export type Digest = `sha256:${string}` & { readonly [digestBrand]: true };

const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;
const READ_BYTES = 1 << 20;
/** Shared: reading is synchronous, and a new megabyte for each of 60,000 small files is not free. */
const piece = Buffer.allocUnsafe(READ_BYTES);

/** The digest of plain bytes: what `sha256sum` prints for a file that holds them. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  // The one-shot form: 60,000 files of 784 bytes take 58 ms instead of 141 with createHash().
  return `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
}

/** A digest of bytes that come in pieces. `finish` is called once. */
export interface DigestStream {
  update(bytes: Uint8Array | string): void;
  finish(): Digest;
}

export function startDigest(): DigestStream {
  const stream = createHash('sha256');
  return {
    update: (bytes) => void stream.update(bytes),
    finish: () => `sha256:${stream.digest('hex')}` as Digest,
  };
}

/** The bytes that stand for a record: its tag, a NUL, its canonical JSON. No two kinds of record share a pre-image. */
export function recordBytes(tag: string, record: Json): Buffer {
  if (!/^[a-z-]+\/v\d+$/.test(tag)) throw new InternalError(`a record tag reads like "action/v1": got "${tag}"`);
  return Buffer.from(`${tag}\0${canonicalJson(record)}`, 'utf8');
}

/** The digest of a record: sha256(tag NUL canonical-json). */
export function digestRecord(tag: string, record: Json): Digest {
  return digestBytes(recordBytes(tag, record));
}

/** The digest and size of a file, read in pieces. Throws the system's error when it cannot be read. */
export function digestFile(path: string): { digest: Digest; sizeBytes: number } {
  const fd = openSync(path, 'r');
  try {
    return digestOpenFile(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same for a file that is open, from its position to its end. */
export function digestOpenFile(fd: number): { digest: Digest; sizeBytes: number } {
  const stream = startDigest();
  let sizeBytes = 0;
  for (;;) {
    const count = readSync(fd, piece, 0, READ_BYTES, null);
    if (count === 0) return { digest: stream.finish(), sizeBytes };
    stream.update(piece.subarray(0, count));
    sizeBytes += count;
  }
}

/** Reads a digest written in full; undefined when the text is not one. */
export function parseDigest(text: string): Digest | undefined {
  return DIGEST_PATTERN.test(text) ? (text as Digest) : undefined;
}

/** The 64 hex digits. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The first 12 hex digits, for people. */
export function shortDigest(digest: Digest): string {
  return digestHex(digest).slice(0, 12);
}
