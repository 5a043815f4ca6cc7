/** The packs of a store: finding a blob in them, adding one, and saving what is sound from one that was altered. */
import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { digestBytes, digestFile, parseDigest, type Digest } from '../base/digest.ts';
import { syncFolder } from '../base/durable-write.ts';
import { systemErrorCode } from '../base/errors.ts';
import { isSameStamp, isTrustworthy, type FileStamp } from '../model/stat-cache.ts';
import { packPath, type StorePaths } from './layout.ts';
import { PackReader, PackWriter, readPackIndex, type PackIndex, type PackSlice } from './pack-file.ts';
import { quarantineFile } from './quarantine.ts';
import type { Stamps, Vouching } from './stamps.ts';

export interface PackedBlob {
  readonly pack: Digest;
  readonly slice: PackSlice;
}

/** `gone`: removed by another process. `altered`: it was taken apart; the map holds, for each blob lost, what was found. */
export type PackExamination =
  { state: 'sound' } | { state: 'gone' } | { state: 'altered'; lost: ReadonlyMap<Digest, Digest> };

export class Packs {
  readonly #paths: StorePaths;
  readonly #stamps: Stamps;
  readonly #share: () => void;
  readonly #indexes = new Map<Digest, PackIndex>();
  /** Known to be altered, and still there because the store cannot be written. */
  readonly #barred = new Set<Digest>();
  #listed: { stamp: FileStamp; atMs: number } | undefined;

  /** `share` takes the store's shared lock: called before anything is written. */
  constructor(paths: StorePaths, stamps: Stamps, share: () => void) {
    this.#paths = paths;
    this.#stamps = stamps;
    this.#share = share;
  }

  path(pack: Digest): string {
    return packPath(this.#paths, pack);
  }

  /** The pack that holds a blob. Indexes are read at the first call, and again when the folder changes. */
  find(digest: Digest): PackedBlob | undefined {
    return this.findLoaded(digest) ?? (this.refresh() ? this.findLoaded(digest) : undefined);
  }

  /** Like `find`, but looks only at what is loaded: for many look-ups in a row. `refresh` first. */
  findLoaded(digest: Digest): PackedBlob | undefined {
    for (const [pack, index] of this.#indexes) {
      const slice = index.find(digest);
      if (slice !== undefined) return { pack, slice };
    }
    return undefined;
  }

  /** Loads what is new in the folder. False when nothing can be. */
  refresh(): boolean {
    const atMs = this.#stamps.nowMs();
    const stamp = folderStamp(this.#paths.packs);
    // The same rule as for files: a listing made in the tick of the last change may have missed one.
    const isCurrent = this.#listed && isSameStamp(this.#listed.stamp, stamp) && isTrustworthy(stamp, this.#listed.atMs);
    if (isCurrent) return false;
    this.#listed = { stamp, atMs };
    for (const name of readdirSync(this.#paths.packs)) {
      const pack = parseDigest(`sha256:${name}`);
      if (pack !== undefined && !this.#indexes.has(pack) && !this.#barred.has(pack)) this.#load(pack);
    }
    return true;
  }

  list(): Digest[] {
    this.refresh();
    return [...this.#indexes.keys()].sort();
  }

  index(pack: Digest): PackIndex | undefined {
    return this.#indexes.get(pack);
  }

  startPack(): PackWriter {
    return new PackWriter(this.#paths.packs);
  }

  /** Ends a pack and gives it its name. Durable on return. */
  publish(writer: PackWriter): Digest {
    const pack = writer.finish();
    renameSync(writer.path, this.path(pack));
    syncFolder(this.#paths.packs);
    this.#stamps.vouch(this.path(pack), pack);
    this.#load(pack);
    return pack;
  }

  remove(pack: Digest): void {
    this.#indexes.delete(pack);
    rmSync(this.path(pack), { force: true });
  }

  /**
   * Checks a whole pack, and every blob in it unless the pack is vouched for: one that was edited and named by its new digest is what
   * its name says, and its blobs are not what its index says. Takes an altered one apart.
   */
  examine(pack: Digest, vouching: Vouching): PackExamination {
    let lostCount = 0;
    const found = this.#stamps.find(this.path(pack), vouching, (digest) => {
      if (digest === pack) lostCount = this.#scan(pack, () => {}).size;
      return lostCount === 0;
    });
    if (found === undefined) {
      this.#indexes.delete(pack);
      this.refresh();
      return { state: 'gone' };
    }
    if (found.digest === pack && lostCount === 0) return { state: 'sound' };
    return { state: 'altered', lost: this.#rescue(pack, found.digest) };
  }

  /** Writes the blobs of a pack that `isKept` names into a new pack and removes the old one. False, and it stays, when one is lost. */
  repack(pack: Digest, isKept: (digest: Digest) => boolean): boolean {
    const writer = this.startPack();
    try {
      const lost = this.#scan(pack, (digest, bytes) => {
        if (isKept(digest)) writer.add(digest, bytes);
      });
      if ([...lost.keys()].some(isKept)) {
        writer.discard();
        return false;
      }
      this.publish(writer);
    } catch (error) {
      writer.discard();
      throw error;
    }
    this.remove(pack);
    return true;
  }

  /** One altered byte must not cost the 59,999 blobs beside it: the sound ones move to a new pack. */
  #rescue(pack: Digest, found: Digest): ReadonlyMap<Digest, Digest> {
    const isAllLost = (lost: ReadonlyMap<Digest, Digest>): boolean => lost.size === this.#indexes.get(pack)?.count;
    let writer: PackWriter | undefined;
    let lost: ReadonlyMap<Digest, Digest>;
    try {
      this.#share();
      const rescued = (writer = this.startPack());
      lost = this.#scan(pack, (digest, bytes) => rescued.add(digest, bytes));
      if (isAllLost(lost)) writer.discard();
      // Only the index was altered, after we had read it: the new pack has the old one's name and has replaced it.
      else if (this.publish(writer) === pack) return lost;
      quarantineFile(this.#paths, this.path(pack), pack, found);
    } catch (error) {
      writer?.discard();
      // A store that cannot be written still has to say what is wrong with it.
      lost = this.#scan(pack, () => {});
      if (lost.size === 0) throw error;
    }
    this.#indexes.delete(pack);
    this.#barred.add(pack);
    return lost;
  }

  /** Reads every blob of a pack; passes on the sound ones and returns the others with the digest found. */
  #scan(pack: Digest, onSound: (digest: Digest, bytes: Buffer) => void): Map<Digest, Digest> {
    const lost = new Map<Digest, Digest>();
    const reader = new PackReader(this.path(pack));
    try {
      const entries = [...(this.#indexes.get(pack)?.entries() ?? [])];
      // In order of offset, so that the reader's window moves once over the file.
      entries.sort((a, b) => a.slice.offset - b.slice.offset);
      for (const { digest, slice } of entries) {
        const bytes = reader.read(slice);
        const found = digestBytes(bytes);
        if (found === digest) onSound(digest, bytes);
        else lost.set(digest, found);
      }
    } finally {
      reader.close();
    }
    return lost;
  }

  #load(pack: Digest): void {
    const path = this.path(pack);
    try {
      const index = readPackIndex(path);
      if (index !== undefined) {
        this.#indexes.set(pack, index);
        this.#barred.delete(pack);
        return;
      }
      // Without its index nothing in a pack can be found: its blobs count as missing.
      quarantineFile(this.#paths, path, pack, digestFile(path).digest);
      this.#barred.add(pack);
    } catch (error) {
      // Swept, or quarantined by another process, since the folder was listed.
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
  }
}

function folderStamp(path: string): FileStamp {
  const { dev, ino, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
  return { dev: Number(dev), ino: Number(ino), sizeBytes: 0, mtimeNs, ctimeNs };
}
