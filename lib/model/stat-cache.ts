/** What is remembered of a file so that an unchanged one need not be read again. */
import type { Digest } from '../base/digest.ts';

export interface FileStamp {
  readonly dev: number;
  readonly ino: number;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/**
 * Remembers digests of files and folders by absolute path. An entry is trusted only when its stamp equals the file's and both
 * times are older than the moment of hashing by the file system's granularity: a write in the same tick would not show.
 */
export interface StatCache {
  /** The digest remembered for exactly this stamp, or undefined. */
  recall(path: string, stamp: FileStamp): Digest | undefined;
  /** `hashedAtMs`: the clock just before the file was read. */
  remember(path: string, stamp: FileStamp, digest: Digest, hashedAtMs: number): void;
  /** Writes what was remembered, in one transaction. */
  flush(): void;
}

/** Two ticks of the slowest kernel clock in use (10 ms at CONFIG_HZ=100): ext4, xfs, btrfs, apfs stamp files by ticks. */
const TICK_NS = 20_000_000n;
/** Where both times are whole seconds the file system keeps no more: FAT has 2 s, HFS+, ext3 and NFS 2 have 1 s. */
const COARSE_NS = 2_000_000_000n;
const SECOND_NS = 1_000_000_000n;

/**
 * Whether a stamp taken before hashing stands for what was hashed: a later write is then sure to show in mtime or ctime,
 * because both lie at least one granule before `hashedAtMs`. Times in the future are never trusted.
 */
export function isTrustworthy(stamp: FileStamp, hashedAtMs: number): boolean {
  const isCoarse = stamp.mtimeNs % SECOND_NS === 0n && stamp.ctimeNs % SECOND_NS === 0n;
  const newestNs = stamp.mtimeNs > stamp.ctimeNs ? stamp.mtimeNs : stamp.ctimeNs;
  return newestNs + (isCoarse ? COARSE_NS : TICK_NS) <= BigInt(Math.floor(hashedAtMs)) * 1_000_000n;
}

/** Equal stamps: the same file, not written since. */
export function isSameStamp(a: FileStamp, b: FileStamp): boolean {
  return isSameButCtime(a, b) && a.ctimeNs === b.ctimeNs;
}

/** Equal but for ctime, which also moves when a name is given to the file or taken from it (link, unlink). */
export function isSameButCtime(a: FileStamp, b: FileStamp): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;
}
