/** `assay gc`: removes stored bytes that no result reaches. Logs and results stay. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { frozenArtifacts } from '../../audit/frozen.ts';
import { digestHex, type Digest } from '../../base/digest.ts';
import { UserError } from '../../base/errors.ts';
import type { ManifestEntry } from '../../model/artifact.ts';
import { formatCount, formatSize } from '../../report/quantities.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findResultRecords } from '../find-records.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { withParts, type Parts } from '../wire.ts';

export interface GcOptions {
  readonly dryRun?: true;
  readonly json?: true;
}

/** `assay gc --json`. */
export interface GcJson {
  readonly isDryRun: boolean;
  readonly blobs: number;
  readonly sizeBytes: number;
}

export async function gcCommand(session: Session, options: GcOptions): Promise<ExitCode> {
  await withParts(findProjectRoot(session), session, async (parts) => {
    refuseLostDatabase(parts);
    const isDryRun = options.dryRun === true;
    const { blobs, sizeBytes } = isDryRun ? countUnreached(parts) : sweep(parts);
    const { out } = session.terminal;
    if (options.json) printJson(out, { isDryRun, blobs, sizeBytes } satisfies GcJson);
    else if (blobs === 0) printLines(out, ['nothing to remove: every stored file is reached by a result']);
    else {
      const what = `${formatCount(blobs, 'stored file')}, ${formatSize(sizeBytes)}`;
      printLines(out, [isDryRun ? `would remove ${what}` : `removed ${what}`]);
    }
  });
  return EXIT.ok;
}

/** To a database that was lost and begun anew, the whole store is garbage. */
function refuseLostDatabase({ store, lineage }: Parts): void {
  if (lineage.listResultKeys().length > 0) return;
  for (const _record of findResultRecords(store).records) {
    throw new UserError('database-lost', 'lineage.db knows no result, but the store holds some: nothing was removed', {
      hint: 'bring them back: assay doctor --rebuild',
    });
  }
}

/** What is reachable is asked under the store's lock, so that no run records a result in between. */
function sweep({ store, lineage }: Parts): Pick<GcJson, 'blobs' | 'sizeBytes'> {
  let reachable: ReadonlySet<Digest> | undefined;
  return store.sweep((digest) => (reachable ??= withFrozen(store, lineage.reachableDigests())).has(digest));
}

/** A frozen model stays: later ones are held against it. */
function withFrozen(store: Parts['store'], reachable: ReadonlySet<Digest>): ReadonlySet<Digest> {
  return new Set([...reachable, ...frozenArtifacts(store.paths)]);
}

/** A pack stays whole while most of it is reached, so a sweep may remove less than this. */
function countUnreached({ store, lineage }: Parts): Pick<GcJson, 'blobs' | 'sizeBytes'> {
  const live = new Set<Digest>();
  for (const digest of withFrozen(store, lineage.reachableDigests())) {
    live.add(digest);
    for (const { blob } of readEntries(store, digest)) live.add(blob);
  }
  let blobs = 0;
  let sizeBytes = 0;
  for (const digest of store.listBlobs()) {
    if (live.has(digest)) continue;
    blobs++;
    sizeBytes += sizeOfBlob(store, digest);
  }
  return { blobs, sizeBytes };
}

function readEntries(store: Parts['store'], digest: Digest): readonly ManifestEntry[] {
  if (!store.has(digest)) return [];
  try {
    return store.readManifest(digest).entries;
  } catch (error) {
    // A log or a record, which name no blobs.
    if (error instanceof UserError && error.code === 'manifest-invalid') return [];
    throw error;
  }
}

/** Most blobs are files of their own, whose size the disk knows. */
function sizeOfBlob(store: Parts['store'], digest: Digest): number {
  const hex = digestHex(digest);
  const file = statSync(join(store.paths.objects, hex.slice(0, 2), hex.slice(2)), { throwIfNoEntry: false });
  return file?.size ?? store.readBlob(digest).length;
}
