/** Deletes what nothing recorded needs. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import type { Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import { Inspection, type StoreParts } from './inspection.ts';
import { decodeManifest, isManifest } from './manifest.ts';
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
 * that is needed is altered: it may be a manifest, and what it named could then not be told from garbage.
 */
export function sweep(parts: StoreParts, lock: StoreLock, isReachable: (digest: Digest) => boolean): Swept {
  return lock.exclusively(() => {
    const live = findLive(parts, isReachable);
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
    if (check.state !== 'sound') {
      throw new UserError('sweep-refused', `nothing was deleted: ${blobFault(digest, check, null).message}`, {
        hint: 'Run "assay run" so that its stage makes it again, then "assay gc".',
      });
    }
    // A log that looks like a manifest keeps a few blobs too many; that is all.
    const bytes = readBlob(parts, digest);
    if (isManifest(bytes)) for (const { blob } of decodeManifest(bytes, digest).entries) live.add(blob);
  }
  return live;
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

/** A pack goes when nothing in it is needed, and is written anew when that at least halves it. */
function sweepPacks({ packs }: StoreParts, live: ReadonlySet<Digest>): Swept {
  let blobs = 0;
  let sizeBytes = 0;
  for (const pack of packs.list()) {
    let keptBytes = 0;
    let deadBytes = 0;
    let deadBlobs = 0;
    for (const { digest, slice } of packs.index(pack)?.entries() ?? []) {
      if (live.has(digest)) {
        keptBytes += slice.sizeBytes;
      } else {
        deadBytes += slice.sizeBytes;
        deadBlobs++;
      }
    }
    if (deadBlobs === packs.index(pack)?.count) packs.remove(pack);
    else if (deadBlobs > 0 && deadBytes >= keptBytes) packs.repack(pack, (digest) => live.has(digest));
    else continue;
    blobs += deadBlobs;
    sizeBytes += deadBytes;
  }
  return { blobs, sizeBytes };
}

/** Nobody is writing, so whatever is temporary was left by a crash. */
function removeTemporary(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith('.tmp-')) rmSync(`${folder}/${name}`, { force: true });
}
