/** Finds, among all blobs of a store, the records of its results. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, type Digest } from '../base/digest.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import { RESULT_PREFIX } from '../lineage/result-record.ts';
import { MANIFEST_TAG } from '../model/artifact.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';

const MANIFEST_PREFIX = `${MANIFEST_TAG}\0`;
const LONGEST_PREFIX = Math.max(RESULT_PREFIX.length, MANIFEST_PREFIX.length);

export interface FoundRecords {
  /** Each read when it is asked for. */
  readonly records: Iterable<Buffer>;
  /** Files inside artifacts that begin as a record does. A stage wrote them, so they are none. */
  readonly imitations: readonly Digest[];
  /** Why a blob that could be a record, or name one, was passed over. Complete once `records` was read to its end. */
  readonly faults: readonly string[];
}

/** The engine alone writes blobs that no manifest names, and among these only result records begin with their tag. */
export function findResultRecords(store: ArtifactStore): FoundRecords {
  const candidates: Digest[] = [];
  const named = new Set<Digest>();
  const faults: string[] = [];
  for (const digest of store.listBlobs()) {
    const start = readStart(store, digest, faults);
    if (start.startsWith(RESULT_PREFIX)) candidates.push(digest);
    if (!start.startsWith(MANIFEST_PREFIX)) continue;
    for (const { blob } of tryRead(() => store.readManifest(digest).entries, faults) ?? []) named.add(blob);
  }
  const readRecords = function* (): Generator<Buffer> {
    for (const digest of candidates) {
      if (named.has(digest)) continue;
      const bytes = tryRead(() => store.readBlob(digest), faults);
      if (bytes !== undefined) yield bytes;
    }
  };
  return { records: readRecords(), imitations: candidates.filter((digest) => named.has(digest)), faults };
}

/** Only the first bytes of a blob that is a file of its own: it may hold gigabytes. Those in packs are small. */
function readStart(store: ArtifactStore, digest: Digest, faults: string[]): string {
  const hex = digestHex(digest);
  const start = Buffer.alloc(LONGEST_PREFIX);
  try {
    const fd = openSync(join(store.paths.objects, hex.slice(0, 2), hex.slice(2)), 'r');
    try {
      return start.toString('latin1', 0, readSync(fd, start));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return tryRead(() => store.readBlob(digest), faults)?.toString('latin1', 0, LONGEST_PREFIX) ?? '';
  }
}

function tryRead<T>(read: () => T, faults: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    faults.push(error.message);
    return undefined;
  }
}
