/** Deletes what nothing recorded needs. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import type { Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import { Inspection, type BlobCheck, type StoreParts } from './inspection.ts';
import { decodeManifest, isManifest } from './manifest.ts';
import type { PackIndex } from './pack-file.ts';
import { blobFault, readBlob } from './read-blob.ts';
import type { StoreLock } from './store-lock.ts';

export interface Swept {
  readonly blobs: number;
  readonly sizeBytes: number;
}

/**
 * Removes blobs, with the store to itself; `isReachable` is asked then, of every blob.
 *
 * Whoever puts something holds the shared lock from its first put until its process ends or it calls `release`, and so until after
 * its commit: a blob that is written but not yet recorded is never seen here. (A grace period by mtime would not do: a blob found
 * present is not written again and keeps its old mtime.) What a crashed writer left has no holder any more and goes.
 *
 * Throws UserError `store-busy` while another process holds the lock, and `sweep-refused`, before anything is removed, when a blob
 * that is needed is altered: it may be a manifest, and what it named could then not be told from garbage. Found by stamps, and by
 * reading the packs that would be written anew. What is missing already refuses nothing: its result may be of a stage that nobody
 * runs any more.
 */
export function sweep(parts: StoreParts, lock: StoreLock, isReachable: (digest: Digest) => boolean): Swept {
  return lock.exclusively(() => {
    const live = findLive(parts, isReachable);
    refuseLosses(parts, live);
    const loose = sweepLoose(parts, live);
    const packed = sweepPacks(parts, live);
    removeTemporary(parts.paths.objects);
    removeTemporary(parts.paths.packs);
    return { blobs: loose.blobs + packed.blobs, sizeBytes: loose.sizeBytes + packed.sizeBytes };
  });
}

/** Every blob in the store, loose ones first; each once. */
export function* listBlobs({ loose, packs }: StoreParts): Iterable<Digest> {
  const seen = new Set<Digest>();
  for (const digest of loose.list()) {
    seen.add(digest);
    yield digest;
  }
  for (const pack of packs.list()) {
    for (const { digest } of packs.index(pack)?.entries() ?? []) {
      if (seen.has(digest)) continue;
      seen.add(digest);
      yield digest;
    }
  }
}

/** What is reachable, and what a reachable manifest names. */
function findLive(parts: StoreParts, isReachable: (digest: Digest) => boolean): ReadonlySet<Digest> {
  const live = new Set<Digest>();
  const inspection = new Inspection(parts, { expectMany: true });
  for (const digest of [...listBlobs(parts)]) {
    if (!isReachable(digest)) continue;
    live.add(digest);
    const check = inspection.check(digest);
    if (check.state !== 'sound') throw refusal(digest, check, null);
    // A log that looks like a manifest keeps a few blobs too many; that is all.
    const bytes = readBlob(parts, digest);
    if (!isManifest(bytes)) continue;
    for (const { blob, path } of decodeManifest(bytes, digest).entries) {
      if (live.has(blob)) continue;
      live.add(blob);
      const named = inspection.check(blob);
      if (named.state === 'altered') throw refusal(blob, named, path);
    }
  }
  return live;
}

/** Reads the packs that are about to be written anew: a byte that rots moves no stamp, and the old pack is then the only trace of it. */
function refuseLosses(parts: StoreParts, live: ReadonlySet<Digest>): void {
  const { packs } = parts;
  for (const pack of packs.list()) {
    if (judgePack(packs.index(pack), live).fate !== 'rewritten') continue;
    const examination = packs.examine(pack, 'nothing');
    if (examination.state !== 'altered') continue;
    const elsewhere = new Inspection(parts);
    for (const [digest, found] of examination.lost) {
      if (!live.has(digest) || elsewhere.check(digest).state === 'sound') continue;
      throw refusal(digest, { state: 'altered', found }, null);
    }
  }
}

function refusal(digest: Digest, check: Exclude<BlobCheck, { state: 'sound' }>, path: string | null): UserError {
  return new UserError('sweep-refused', `nothing was deleted: ${blobFault(digest, check, path).message}`, {
    hint: 'Run "assay run" so that its stage makes it again, then "assay gc".',
  });
}

function sweepLoose({ loose }: StoreParts, live: ReadonlySet<Digest>): Swept {
  let blobs = 0;
  let sizeBytes = 0;
  for (const digest of [...loose.list()]) {
    if (live.has(digest)) continue;
    sizeBytes += lstatSync(loose.path(digest)).size;
    loose.remove(digest);
    blobs++;
  }
  return { blobs, sizeBytes };
}

function sweepPacks({ packs }: StoreParts, live: ReadonlySet<Digest>): Swept {
  let blobs = 0;
  let sizeBytes = 0;
  for (const pack of packs.list()) {
    const { fate, dead } = judgePack(packs.index(pack), live);
    if (fate === 'stays') continue;
    if (fate === 'removed') packs.remove(pack);
    else if (!packs.repack(pack, (digest) => live.has(digest))) continue;
    blobs += dead.blobs;
    sizeBytes += dead.sizeBytes;
  }
  return { blobs, sizeBytes };
}

/** A pack goes when nothing in it is needed, and is written anew when that at least halves it. */
function judgePack(
  index: PackIndex | undefined,
  live: ReadonlySet<Digest>,
): { fate: 'stays' | 'rewritten' | 'removed'; dead: Swept } {
  let keptBytes = 0;
  let sizeBytes = 0;
  let blobs = 0;
  for (const { digest, slice } of index?.entries() ?? []) {
    if (live.has(digest)) {
      keptBytes += slice.sizeBytes;
    } else {
      sizeBytes += slice.sizeBytes;
      blobs++;
    }
  }
  const dead = { blobs, sizeBytes };
  if (blobs === index?.count) return { fate: 'removed', dead };
  return { fate: blobs > 0 && sizeBytes >= keptBytes ? 'rewritten' : 'stays', dead };
}

/** Nobody is writing, so whatever is temporary was left by a crash. */
function removeTemporary(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith('.tmp-')) rmSync(`${folder}/${name}`, { force: true });
}
