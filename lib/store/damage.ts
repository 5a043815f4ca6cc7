/** What an artifact should hold but does not, or not as it was. */
import type { Digest } from '../base/digest.ts';
import type { Damage, Manifest } from '../model/artifact.ts';
import type { FileStamp } from '../model/stat-cache.ts';
import { Inspection, type BlobCheck, type BlobLocation, type StoreParts } from './inspection.ts';
import { readManifest } from './read-blob.ts';
import { stampOf, type Vouching } from './stamps.ts';

/** An artifact spread over more files than this is looked up through its manifest each time. */
const MAX_HOLDERS = 64;
/** From this many entries on, listing the folders beats asking for each blob. */
const MANY_ENTRIES = 256;

/**
 * Checks an artifact by stamps; reads only what moved since it was last read. Empty means sound. Altered blobs are quarantined.
 *
 * The usual case opens nothing: beside the manifest's digest the stat cache remembers, for the same stamp of the manifest, the
 * files that hold all its blobs (its holders: loose blobs, or one pack for thousands of them). When the manifest and each
 * holder have the stamps under which they were last read, everything in them is as named.
 */
export function findDamage(parts: StoreParts, artifact: Digest): Damage[] {
  if (isKnownSound(parts, artifact)) return [];
  const atMs = parts.stamps.nowMs();
  const inspected = inspect(parts, artifact, 'stamps');
  if (inspected.damage.length === 0) rememberHolders(parts, inspected.locations, artifact, atMs);
  return inspected.damage;
}

/** Checks by its stamp one blob that no artifact lists, such as a result record. Null is sound. */
export function findBlobDamage(parts: StoreParts, blob: Digest): Damage | null {
  const check = new Inspection(parts, { vouching: 'stamps' }).check(blob);
  return check.state === 'sound' ? null : damageOf(blob, blob, null, check);
}

/** Checks an artifact by reading all of it. Empty means sound. Altered blobs are quarantined. */
export function verifyArtifact(parts: StoreParts, artifact: Digest): Damage[] {
  return inspect(parts, artifact, 'nothing').damage;
}

/** `locations`: of the manifest's blobs, in its order; complete only without damage. */
export function inspect(
  parts: StoreParts,
  artifact: Digest,
  vouching: Vouching,
): { manifest: Manifest | undefined; damage: Damage[]; locations: BlobLocation[] } {
  const own = new Inspection(parts, { vouching }).check(artifact);
  if (own.state !== 'sound') {
    return { manifest: undefined, damage: [damageOf(artifact, artifact, null, own)], locations: [] };
  }
  const manifest = readManifest(parts, artifact);
  const inspection = new Inspection(parts, { vouching, expectMany: manifest.entries.length > MANY_ENTRIES });
  const damage: Damage[] = [];
  const locations: BlobLocation[] = [];
  for (const { blob, path } of manifest.entries) {
    const check = inspection.check(blob);
    if (check.state === 'sound') locations.push(check.at);
    else damage.push(damageOf(artifact, blob, path, check));
  }
  return { manifest, damage, locations };
}

function isKnownSound({ stamps, loose, packs }: StoreParts, artifact: Digest): boolean {
  const manifestPath = loose.path(artifact);
  const stamp = stampOf(manifestPath);
  if (stamp === undefined || stamps.recall(manifestPath, stamp) !== artifact) return false;
  for (let i = 0; i <= MAX_HOLDERS; i++) {
    const holder = stamps.recall(holderKey(manifestPath, i), stamp);
    if (holder === undefined) return false;
    if (holder === artifact) return true; // the end mark
    if (!isUnmoved(stamps, loose.path(holder), holder) && !isUnmoved(stamps, packs.path(holder), holder)) return false;
  }
  return false;
}

function isUnmoved(stamps: StoreParts['stamps'], path: string, digest: Digest): boolean {
  const stamp = stampOf(path);
  return stamp !== undefined && stamps.recall(path, stamp) === digest;
}

function rememberHolders(parts: StoreParts, locations: readonly BlobLocation[], artifact: Digest, atMs: number): void {
  const manifestPath = parts.loose.path(artifact);
  const stamp: FileStamp | undefined = stampOf(manifestPath);
  if (stamp === undefined || parts.stamps.recall(manifestPath, stamp) !== artifact) return;
  const paths = new Set(locations.map(({ path }) => path));
  if (paths.size > MAX_HOLDERS) return;
  const holders: Digest[] = [];
  for (const path of paths) {
    const holder = parts.stamps.digestOf(path);
    if (holder === undefined) return;
    holders.push(holder.digest);
  }
  [...holders, artifact].forEach((holder, i) => {
    parts.stamps.remember(holderKey(manifestPath, i), stamp, holder, atMs);
  });
}

/** No path in the store holds a `#`. */
function holderKey(manifestPath: string, i: number): string {
  return `${manifestPath}#${i}`;
}

function damageOf(
  artifact: Digest,
  blob: Digest,
  path: string | null,
  check: Exclude<BlobCheck, { state: 'sound' }>,
): Damage {
  return { artifact, blob, path, problem: check.state, found: check.state === 'altered' ? check.found : null };
}
