/** The bytes of a blob or a manifest, verified by content. */
import { readFileSync } from 'node:fs';
import { digestBytes, shortDigest, type Digest } from '../base/digest.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import type { Manifest } from '../model/artifact.ts';
import { Inspection, type BlobCheck, type BlobLocation, type StoreParts } from './inspection.ts';
import { decodeManifest } from './manifest.ts';
import { PackReader } from './pack-file.ts';

/** Throws UserError `blob-missing`, or `blob-altered` after quarantining what was found. */
export function readBlob(parts: StoreParts, digest: Digest): Buffer {
  const bytes = tryRead(parts, digest);
  if (bytes !== undefined && digestBytes(bytes) === digest) return bytes;
  // Not there, or not as named: the full check says which, and quarantines.
  const check = new Inspection(parts, { vouching: 'nothing' }).check(digest);
  if (check.state !== 'sound') throw blobFault(digest, check, null);
  return readLocated(check.at);
}

/** Verified and valid. Throws as readBlob does, or UserError `manifest-invalid`. */
export function readManifest(parts: StoreParts, artifact: Digest): Manifest {
  return decodeManifest(readBlob(parts, artifact), artifact);
}

/** The UserError for a blob that cannot be served. `path`: where in an artifact it belongs. */
export function blobFault(
  digest: Digest,
  check: Exclude<BlobCheck, { state: 'sound' }>,
  path: string | null,
): UserError {
  const what = path === null ? `blob ${shortDigest(digest)}` : `blob ${shortDigest(digest)} ("${path}")`;
  if (check.state === 'missing') {
    return new UserError('blob-missing', `${what} is not in the store`, {
      hint: 'Run "assay run": the stage that made it runs again.',
    });
  }
  return new UserError(
    'blob-altered',
    `${what} was altered: it now hashes to ${shortDigest(check.found)}. It was moved to artifacts/quarantine/blobs`,
    { hint: 'Run "assay run": the stage that made it runs again. "assay verify" checks everything else.' },
  );
}

/** Unverified bytes from wherever the blob is; undefined when it is nowhere. */
function tryRead({ loose, packs }: StoreParts, digest: Digest): Buffer | undefined {
  try {
    return readFileSync(loose.path(digest));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  const hit = packs.find(digest);
  if (hit === undefined) return undefined;
  try {
    return readLocated({ kind: 'packed', path: packs.path(hit.pack), ...hit });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return undefined; // repacked by another process since its index was read
  }
}

function readLocated(at: BlobLocation): Buffer {
  if (at.kind === 'loose') return readFileSync(at.path);
  const reader = new PackReader(at.path);
  try {
    return Buffer.from(reader.read(at.slice));
  } finally {
    reader.close();
  }
}
