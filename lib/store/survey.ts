/** Reads all that a store holds, and changes nothing: what is altered is named, not moved to quarantine. */
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { digestBytes, digestFile, parseDigest, type Digest } from '../base/digest.ts';
import { systemErrorCode } from '../base/errors.ts';
import type { StorePaths } from './layout.ts';
import { PackReader, readPackIndex } from './pack-file.ts';

/** One copy of a blob. */
export interface SurveyedBlob {
  readonly kind: 'blob';
  /** What its name, or the index of its pack, says. */
  readonly digest: Digest;
  /** What its bytes are. */
  readonly found: Digest;
  readonly sizeBytes: number;
  /** Absolute: the blob's own file, or the pack. */
  readonly file: string;
  /** The digest that names `file`. */
  readonly fileDigest: Digest;
  /** The bytes again; only until the next blob is asked for. */
  readonly read: () => Buffer;
}

/** A pack that is not what its name says. The blobs that its index still finds come one by one beside it. */
export interface SurveyedPack {
  readonly kind: 'altered-pack';
  readonly digest: Digest;
  readonly found: Digest;
  readonly file: string;
  readonly hasIndex: boolean;
}

/**
 * Every stored copy of every blob, read from the disk whatever is remembered of it. `isKnown` passes over files, by their absolute
 * path. What another process removes meanwhile is passed over too, and what it adds may be. Throws the system's errors.
 */
export function* surveyStore(
  paths: StorePaths,
  isKnown: (file: string) => boolean = () => false,
): Generator<SurveyedBlob | SurveyedPack> {
  for (const folder of namesIn(paths.objects)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const name of namesIn(`${paths.objects}/${folder}`)) {
      const digest = parseDigest(`sha256:${folder}${name}`);
      const file = `${paths.objects}/${folder}/${name}`;
      if (digest === undefined || isKnown(file)) continue;
      const blob = unlessGone(() => surveyLoose(digest, file));
      if (blob !== undefined) yield blob;
    }
  }
  for (const name of namesIn(paths.packs)) {
    const digest = parseDigest(`sha256:${name}`);
    const file = `${paths.packs}/${name}`;
    if (digest !== undefined && !isKnown(file)) yield* surveyPack(digest, file);
  }
}

function surveyLoose(digest: Digest, file: string): SurveyedBlob | undefined {
  // A link or a folder under a blob's name is no blob; the store does not serve it either.
  if (!lstatSync(file).isFile()) return undefined;
  const { digest: found, sizeBytes } = digestFile(file);
  return { kind: 'blob', digest, found, sizeBytes, file, fileDigest: digest, read: () => readFileSync(file) };
}

function* surveyPack(pack: Digest, file: string): Generator<SurveyedBlob | SurveyedPack> {
  const opened = unlessGone(() => {
    const { digest: found } = digestFile(file);
    const index = readPackIndex(file);
    return { found, index, reader: new PackReader(file) };
  });
  if (opened === undefined) return;
  const { found, index, reader } = opened;
  try {
    if (found !== pack) yield { kind: 'altered-pack', digest: pack, found, file, hasIndex: index !== undefined };
    // In order of offset, so that the reader's window moves once over the file.
    const entries = [...(index?.entries() ?? [])].sort((a, b) => a.slice.offset - b.slice.offset);
    for (const { digest, slice } of entries) {
      const bytes = reader.read(slice);
      const sizeBytes = slice.sizeBytes;
      yield {
        kind: 'blob',
        digest,
        found: digestBytes(bytes),
        sizeBytes,
        file,
        fileDigest: pack,
        read: () => Buffer.from(bytes),
      };
    }
  } finally {
    reader.close();
  }
}

function namesIn(folder: string): string[] {
  return unlessGone(() => readdirSync(folder).sort()) ?? [];
}

function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
