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
