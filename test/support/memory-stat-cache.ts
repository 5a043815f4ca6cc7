/** A stat cache that forgets when the test ends. Keeps the rule of trust, as the real one does. */
import type { Digest } from '../../lib/base/digest.ts';
import { isSameStamp, isTrustworthy, type FileStamp, type StatCache } from '../../lib/model/stat-cache.ts';

export class MemoryStatCache implements StatCache {
  readonly #entries = new Map<string, { stamp: FileStamp; digest: Digest }>();
  /** How often a digest was asked for and known. */
  hits = 0;
  /** Paths that were offered, trusted or not: what was hashed. */
  readonly offered: string[] = [];

  recall(path: string, stamp: FileStamp): Digest | undefined {
    const entry = this.#entries.get(path);
    if (entry === undefined || !isSameStamp(entry.stamp, stamp)) return undefined;
    this.hits++;
    return entry.digest;
  }

  remember(path: string, stamp: FileStamp, digest: Digest, hashedAtMs: number): void {
    this.offered.push(path);
    if (isTrustworthy(stamp, hashedAtMs)) this.#entries.set(path, { stamp, digest });
    else this.#entries.delete(path);
  }

  flush(): void {}

  get size(): number {
    return this.#entries.size;
  }
}
