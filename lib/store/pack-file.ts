/**
 * The format of a pack: many small blobs in one file, written once.
 *
 *     blobs, back to back
 *     index: for each blob, in order of digest, 32 bytes sha256, 8 bytes offset, 4 bytes size (big endian)
 *     trailer, 56 bytes: 32 bytes sha256 of the index, 8 bytes its length, 16 bytes "assay-pack/v1", zero-padded
 *
 * The file's name is the sha256 of all of it.
 */
import { closeSync, fchmodSync, fstatSync, fsyncSync, openSync, readSync, rmSync } from 'node:fs';
import { digestBytes, digestHex, startDigest, type Digest, type DigestStream } from '../base/digest.ts';
import { openTemporary, writeAll } from '../base/durable-write.ts';

const MAGIC = Buffer.from('assay-pack/v1\0\0\0', 'latin1');
const DIGEST_BYTES = 32;
const ENTRY_BYTES = DIGEST_BYTES + 8 + 4;
const TRAILER_BYTES = DIGEST_BYTES + 8 + MAGIC.length;
const PIECE_BYTES = 4 << 20;

/** Where a blob lies inside a pack. */
export interface PackSlice {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Writes one pack into a temporary file. End it with `finish` or `discard`. */
export class PackWriter {
  readonly #fd: number;
  readonly path: string;
  readonly #stream: DigestStream = startDigest();
  readonly #slices = new Map<string, PackSlice>();
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #filled = 0;
  #offset = 0;
  #isOpen = true;

  constructor(folder: string) {
    const { fd, path } = openTemporary(folder);
    this.#fd = fd;
    this.path = path;
  }

  has(digest: Digest): boolean {
    return this.#slices.has(digestHex(digest));
  }

  /** `digest` is that of `bytes`; the caller has just computed it. */
  add(digest: Digest, bytes: Uint8Array): void {
    this.#slices.set(digestHex(digest), { offset: this.#offset, sizeBytes: bytes.length });
    this.#write(bytes);
  }

  /** Index, trailer, read-only, fsync. Returns the pack's digest; the file is whole but still has its temporary name. */
  finish(): Digest {
    const index = encodeIndex(this.#slices);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.write(digestHex(digestBytes(index)), 0, 'hex');
    trailer.writeBigUInt64BE(BigInt(index.length), DIGEST_BYTES);
    MAGIC.copy(trailer, DIGEST_BYTES + 8);
    this.#write(index);
    this.#write(trailer);
    this.#flush();
    fchmodSync(this.#fd, 0o444);
    fsyncSync(this.#fd);
    this.#close();
    return this.#stream.finish();
  }

  /** Removes the temporary file. After `finish` too, as long as the pack has not got its name. */
  discard(): void {
    this.#close();
    rmSync(this.path, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  #write(bytes: Uint8Array): void {
    this.#offset += bytes.length;
    if (bytes.length > PIECE_BYTES - this.#filled) this.#flush();
    if (bytes.length > PIECE_BYTES) {
      this.#stream.update(bytes);
      writeAll(this.#fd, bytes);
      return;
    }
    this.#piece.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #flush(): void {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#stream.update(piece);
    writeAll(this.#fd, piece);
    this.#filled = 0;
  }
}

/** The index of a pack, searched in place: 44 bytes a blob and no object each. */
export class PackIndex {
  readonly #entries: Buffer;
  /** The first 48 bits of each digest, as numbers: a search compares these and touches the bytes once. */
  readonly #heads: Float64Array;

  /** `entries`: sorted, as in the file. */
  constructor(entries: Buffer) {
    this.#entries = entries;
    this.#heads = new Float64Array(entries.length / ENTRY_BYTES);
    for (let i = 0; i < this.#heads.length; i++) this.#heads[i] = entries.readUIntBE(i * ENTRY_BYTES, 6);
  }

  get count(): number {
    return this.#heads.length;
  }

  find(digest: Digest): PackSlice | undefined {
    const hex = digestHex(digest);
    const head = parseInt(hex.slice(0, 12), 16);
    for (let i = this.#firstAtLeast(head); i < this.count && this.#heads[i] === head; i++) {
      if (this.#hexAt(i) === hex) return this.#sliceAt(i);
    }
    return undefined;
  }

  /** Blobs whose digest starts with `hexPrefix`. */
  *withPrefix(hexPrefix: string): Iterable<Digest> {
    const head = parseInt(hexPrefix.slice(0, 12).padEnd(12, '0'), 16);
    for (let i = this.#firstAtLeast(head); i < this.count && this.#hexAt(i).startsWith(hexPrefix); i++) {
      yield `sha256:${this.#hexAt(i)}` as Digest;
    }
  }

  /** Every blob, in order of digest. */
  *entries(): Iterable<{ digest: Digest; slice: PackSlice }> {
    for (let i = 0; i < this.count; i++) {
      yield { digest: `sha256:${this.#hexAt(i)}` as Digest, slice: this.#sliceAt(i) };
    }
  }

  #firstAtLeast(head: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#heads[middle]! < head) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #hexAt(i: number): string {
    return this.#entries.toString('hex', i * ENTRY_BYTES, i * ENTRY_BYTES + DIGEST_BYTES);
  }

  #sliceAt(i: number): PackSlice {
    const at = i * ENTRY_BYTES + DIGEST_BYTES;
    return { offset: Number(this.#entries.readBigUInt64BE(at)), sizeBytes: this.#entries.readUInt32BE(at + 8) };
  }
}

/** Reads the index of the pack at `path`; undefined when it does not match its own digest. Throws the system's errors. */
export function readPackIndex(path: string): PackIndex | undefined {
  const fd = openSync(path, 'r');
  try {
    const fileBytes = fstatSync(fd).size;
    if (fileBytes < TRAILER_BYTES) return undefined;
    const trailer = readAt(fd, fileBytes - TRAILER_BYTES, TRAILER_BYTES);
    const indexBytes = Number(trailer.readBigUInt64BE(DIGEST_BYTES));
    const blobBytes = fileBytes - TRAILER_BYTES - indexBytes;
    if (!trailer.subarray(DIGEST_BYTES + 8).equals(MAGIC)) return undefined;
    if (indexBytes % ENTRY_BYTES !== 0 || blobBytes < 0) return undefined;
    const entries = readAt(fd, blobBytes, indexBytes);
    if (digestHex(digestBytes(entries)) !== trailer.toString('hex', 0, DIGEST_BYTES)) return undefined;
    return new PackIndex(entries);
  } finally {
    closeSync(fd);
  }
}

/** Reads slices of one pack, in windows: neighbours in the file cost one read together. Call `close` at the end. */
export class PackReader {
  readonly #fd: number;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  /** The bytes of a slice, valid until the next call; fewer than asked for when the file ends early. */
  read({ offset, sizeBytes }: PackSlice): Buffer {
    if (offset < this.#start || offset + sizeBytes > this.#start + this.#window.length) {
      this.#window = readAt(this.#fd, offset, Math.max(sizeBytes, PIECE_BYTES));
      this.#start = offset;
    }
    return this.#window.subarray(offset - this.#start, offset - this.#start + sizeBytes);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The bytes of one slice, and nothing around it. */
export function readSlice(path: string, { offset, sizeBytes }: PackSlice): Buffer {
  const fd = openSync(path, 'r');
  try {
    return readAt(fd, offset, sizeBytes);
  } finally {
    closeSync(fd);
  }
}

function encodeIndex(slices: ReadonlyMap<string, PackSlice>): Buffer {
  const index = Buffer.alloc(slices.size * ENTRY_BYTES);
  // Hex digits sort as their bytes do, so the default order is the right one.
  [...slices.keys()].sort().forEach((hex, i) => {
    const { offset, sizeBytes } = slices.get(hex)!;
    const at = i * ENTRY_BYTES;
    index.write(hex, at, 'hex');
    index.writeBigUInt64BE(BigInt(offset), at + DIGEST_BYTES);
    index.writeUInt32BE(sizeBytes, at + DIGEST_BYTES + 8);
  });
  return index;
}

function readAt(fd: number, offset: number, sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const count = readSync(fd, bytes, filled, sizeBytes - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
