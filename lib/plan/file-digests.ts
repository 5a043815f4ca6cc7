/** Digests of plain files as one plan sees them: each looked at once, however many stages and packages name it. */
import type { Clock } from '../base/clock.ts';
import { digestFile, type Digest } from '../base/digest.ts';
import type { StatCache } from '../model/stat-cache.ts';
import { stampOfTarget } from '../store/stamps.ts';

export class FileDigests {
  readonly #statCache: StatCache;
  readonly #clock: Clock;
  readonly #known = new Map<string, Digest | null>();

  constructor(statCache: StatCache, clock: Clock) {
    this.#statCache = statCache;
    this.#clock = clock;
  }

  /** The digest of a file's bytes; null when there is no such file. Unchanged for the life of this object, even if the file moves on. */
  digestOf(path: string): Digest | null {
    let digest = this.#known.get(path);
    if (digest === undefined) {
      digest = this.#look(path);
      this.#known.set(path, digest);
    }
    return digest;
  }

  #look(path: string): Digest | null {
    // Time, then stamp, then content: whatever is written after the stamp was taken shows in the next one.
    const hashedAtMs = this.#clock.nowMs();
    const stamp = stampOfTarget(path);
    if (stamp === undefined) return null;
    const remembered = this.#statCache.recall(path, stamp);
    if (remembered !== undefined) return remembered;
    const { digest } = digestFile(path);
    this.#statCache.remember(path, stamp, digest, hashedAtMs);
    return digest;
  }
}
