/** Digests of plain files as one plan sees them: each looked at once, however many stages and packages name it. */
import { statSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { digestFile, type Digest } from '../base/digest.ts';
import type { StatCache } from '../model/stat-cache.ts';

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
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats?.isFile() !== true) return null;
    const stamp = {
      dev: Number(stats.dev),
      ino: Number(stats.ino),
      sizeBytes: Number(stats.size),
      mtimeNs: stats.mtimeNs,
      ctimeNs: stats.ctimeNs,
    };
    const remembered = this.#statCache.recall(path, stamp);
    if (remembered !== undefined) return remembered;
    const { digest } = digestFile(path);
    this.#statCache.remember(path, stamp, digest, hashedAtMs);
    return digest;
  }
}
