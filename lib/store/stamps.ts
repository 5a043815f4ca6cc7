/** Which files are known to hold what, without reading them. */
import { lstatSync, statSync, type BigIntStats } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { digestFile, type Digest } from '../base/digest.ts';
import { isSameButCtime, isSameStamp, isTrustworthy, type FileStamp, type StatCache } from '../model/stat-cache.ts';

// Synchronous and bigint: four times faster here than the asynchronous form, and whole nanoseconds.
const STAT = { bigint: true, throwIfNoEntry: false } as const;

/** The stamp of a regular file; undefined when there is none at `path`; a link is none. */
export function stampOf(path: string): FileStamp | undefined {
  return toStamp(lstatSync(path, STAT));
}

/** The same, but a link stands for the file it leads to, as it does for whoever reads it. */
export function stampOfTarget(path: string): FileStamp | undefined {
  return toStamp(statSync(path, STAT));
}

function toStamp(found: BigIntStats | undefined): FileStamp | undefined {
  if (found === undefined || !found.isFile()) return undefined;
  return {
    dev: Number(found.dev),
    ino: Number(found.ino),
    sizeBytes: Number(found.size),
    mtimeNs: found.mtimeNs,
    ctimeNs: found.ctimeNs,
  };
}

/**
 * What may vouch for a file. stamps: the stat cache too, which is fast and a table in a database. process: only what this process read
 * or wrote itself. nothing: it is read now.
 */
export type Vouching = 'stamps' | 'process' | 'nothing';

/** Whether a file that was just read is all it should be. Asked before its digest is remembered: nobody asks again after. */
type Judge = (digest: Digest) => boolean;

/**
 * The stat cache, and what this process did with its own hands.
 *
 * Our own rename, link and unlink move a file's ctime, and a stamp that has just moved is not trusted by the cache's rule. Within
 * one process we stand in for it: we saw the stamp immediately before and after our call, a few microseconds apart, and nothing
 * but ctime had moved. To slip through, a foreign write must fall into that window AND put the old mtime back within it. Such
 * stamps are never written to the cache, so the next process reads each of these files once more (about 1 s per GB) and
 * remembers it by the strict rule.
 */
export class Stamps {
  readonly #cache: StatCache;
  readonly #clock: Clock;
  readonly #vouched = new Map<string, { stamp: FileStamp; digest: Digest }>();
  /** What this process itself read or wrote, whatever the cache may say: the cache is a table that others can edit. */
  readonly #seen = new Map<string, { stamp: FileStamp; digest: Digest }>();

  constructor(cache: StatCache, clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  recall(path: string, stamp: FileStamp): Digest | undefined {
    const own = this.#vouched.get(path);
    if (own !== undefined && isSameStamp(own.stamp, stamp)) return own.digest;
    return this.#cache.recall(path, stamp);
  }

  /** Its digest, by whatever may vouch for it; else it is read, as by `rehash`. Undefined when there is no file. */
  find(path: string, vouching: Vouching, isSound?: Judge): { digest: Digest; stamp: FileStamp } | undefined {
    if (vouching === 'nothing') return this.rehash(path, isSound);
    return vouching === 'process' ? this.seenDigestOf(path, isSound) : this.digestOf(path, isSound);
  }

  /** Hashes the file unless its stamp is known. Undefined when there is no file. */
  digestOf(path: string, isSound?: Judge): { digest: Digest; stamp: FileStamp } | undefined {
    const stamp = stampOf(path);
    if (stamp === undefined) return undefined;
    const known = this.recall(path, stamp);
    return known === undefined ? this.rehash(path, isSound) : { digest: known, stamp };
  }

  /** Hashes the file unless this very process has, or wrote it. Undefined when there is no file. */
  seenDigestOf(path: string, isSound?: Judge): { digest: Digest; stamp: FileStamp } | undefined {
    const stamp = stampOf(path);
    if (stamp === undefined) return undefined;
    const seen = this.#seen.get(path);
    return seen !== undefined && isSameStamp(seen.stamp, stamp) ? seen : this.rehash(path, isSound);
  }

  /** Hashes the file whatever is remembered of it, and remembers unless `isSound` denies. Undefined when there is no file. */
  rehash(path: string, isSound: Judge = () => true): { digest: Digest; stamp: FileStamp } | undefined {
    // Time, then stamp, then content: whatever is written after the stamp was taken shows in the next one.
    const hashedAtMs = this.#clock.nowMs();
    const stamp = stampOf(path);
    if (stamp === undefined) return undefined;
    const { digest } = digestFile(path);
    if (!isSound(digest)) return { digest, stamp };
    this.remember(path, stamp, digest, hashedAtMs);
    // The cache's own rule: a write in the same tick would not show in the stamp.
    if (isTrustworthy(stamp, hashedAtMs)) this.#seen.set(path, { stamp, digest });
    return { digest, stamp };
  }

  /** The moment to pass to `remember`, taken before the stamp. */
  nowMs(): number {
    return this.#clock.nowMs();
  }

  remember(path: string, stamp: FileStamp, digest: Digest, hashedAtMs: number): void {
    this.#cache.remember(path, stamp, digest, hashedAtMs);
  }

  /** For this process only: the file at `path` was written by us just now and is `digest`. */
  vouch(path: string, digest: Digest): void {
    const stamp = stampOf(path);
    if (stamp === undefined) return;
    this.#vouched.set(path, { stamp, digest });
    this.#seen.set(path, { stamp, digest });
  }

  /** Calls `work`, which gives a name to the file at `path` or takes one from it, and carries what is known across it. */
  across<T>(path: string, work: () => T): T {
    const before = stampOf(path);
    const digest = before === undefined ? undefined : this.recall(path, before);
    const seen = this.#seen.get(path);
    const result = work();
    const after = stampOf(path);
    if (before && after && digest !== undefined && isSameButCtime(before, after)) {
      this.#vouched.set(path, { stamp: after, digest });
      if (seen !== undefined && isSameStamp(seen.stamp, before)) this.#seen.set(path, { stamp: after, digest });
    }
    return result;
  }
}
