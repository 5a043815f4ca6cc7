/** Where a blob is, and whether it still is what its name says. The one place that decides what may be served. */
import { digestHex, type Digest } from '../base/digest.ts';
import type { StorePaths } from './layout.ts';
import type { LooseBlobs } from './loose.ts';
import type { PackSlice } from './pack-file.ts';
import type { Packs } from './packs.ts';
import { quarantineFile } from './quarantine.ts';
import type { Stamps, Vouching } from './stamps.ts';

/** What the parts of the store work on. */
export interface StoreParts {
  readonly paths: StorePaths;
  readonly stamps: Stamps;
  readonly loose: LooseBlobs;
  readonly packs: Packs;
  /**
   * What this process found altered, by name the digest of what was there: it was moved to quarantine, and whoever looks again is told
   * that, not that it is missing.
   */
  readonly altered: Map<Digest, Digest>;
  /** Takes the store's shared lock: before anything is added. */
  readonly share: () => void;
}

export type BlobLocation =
  { kind: 'loose'; path: string } | { kind: 'packed'; pack: Digest; path: string; slice: PackSlice };

export type BlobCheck =
  { state: 'sound'; at: BlobLocation } | { state: 'missing' } | { state: 'altered'; found: Digest };

/**
 * Checks blobs for one purpose, and remembers meanwhile which packs it has checked. An altered file is quarantined at once, so no
 * later look finds it under its name.
 */
export class Inspection {
  readonly #parts: StoreParts;
  readonly #vouching: Vouching;
  readonly #soundPacks = new Set<Digest>();
  /** Folder of objects/ to the names in it; undefined when blobs are few and each is looked up by itself. */
  readonly #names: Map<string, ReadonlySet<string>> | undefined;

  /**
   * `vouching`: `stamps` unless given. `expectMany`: list the folders once instead of asking for each blob (60,000 failed
   * look-ups take 456 ms on a busy machine); what another process adds meanwhile is then not seen.
   */
  constructor(parts: StoreParts, options: { vouching?: Vouching; expectMany?: boolean } = {}) {
    this.#parts = parts;
    this.#vouching = options.vouching ?? 'stamps';
    if (options.expectMany ?? false) {
      this.#names = new Map();
      parts.packs.refresh();
    }
  }

  check(digest: Digest): BlobCheck {
    return this.#checkLoose(digest) ?? this.#checkPacked(digest) ?? this.#absent(digest);
  }

  #checkLoose(digest: Digest): BlobCheck | undefined {
    if (this.#names !== undefined && !this.#isListed(digest, this.#names)) return undefined;
    const { loose, stamps, paths } = this.#parts;
    const path = loose.path(digest);
    const found = stamps.find(path, this.#vouching);
    if (found === undefined) return undefined;
    if (found.digest === digest) return { state: 'sound', at: { kind: 'loose', path } };
    quarantineFile(paths, path, digest, found.digest);
    this.#parts.altered.set(digest, found.digest);
    return undefined;
  }

  #checkPacked(digest: Digest): BlobCheck | undefined {
    const { packs } = this.#parts;
    for (;;) {
      const hit = this.#names === undefined ? packs.find(digest) : packs.findLoaded(digest);
      if (hit === undefined) return undefined;
      // A pack that is not sound is gone from the index now: the next round finds the blob's new place, or none.
      if (!this.#isSoundPack(hit.pack)) continue;
      return { state: 'sound', at: { kind: 'packed', path: packs.path(hit.pack), ...hit } };
    }
  }

  #isSoundPack(pack: Digest): boolean {
    if (this.#soundPacks.has(pack)) return true;
    const examination = this.#parts.packs.examine(pack, this.#vouching);
    if (examination.state === 'sound') this.#soundPacks.add(pack);
    if (examination.state === 'altered') {
      for (const [digest, found] of examination.lost) this.#parts.altered.set(digest, found);
    }
    return examination.state === 'sound';
  }

  #absent(digest: Digest): BlobCheck {
    const found = this.#parts.altered.get(digest);
    return found === undefined ? { state: 'missing' } : { state: 'altered', found };
  }

  #isListed(digest: Digest, names: Map<string, ReadonlySet<string>>): boolean {
    const hex = digestHex(digest);
    const folder = hex.slice(0, 2);
    let listed = names.get(folder);
    if (listed === undefined) names.set(folder, (listed = new Set(this.#parts.loose.namesIn(folder))));
    return listed.has(hex.slice(2));
  }
}
