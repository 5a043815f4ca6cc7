/** Reads all that a store holds, and changes nothing: what is altered is named, not moved to quarantine. */
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { digestBytes, digestFile, parseDigest, type Digest } from '../base/digest.ts';
import { systemErrorCode } from '../base/errors.ts';
import type { FileStamp } from '../model/stat-cache.ts';
import type { StorePaths } from './layout.ts';
import { PackReader, readPackIndex, readSlice } from './pack-file.ts';
import { stampOf } from './stamps.ts';

/** More than any tag of a record takes. */
const HEAD_BYTES = 32;

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
  /** False where `trusts` vouched for the file: then `found` is `digest`. */
  readonly isRead: boolean;
  /** Its first bytes, a character each: enough to tell the records of this store from other files. */
  readonly head: string;
  /** The bytes again, from the disk, any time later. */
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

/** All of a file was read, or passed over because `trusts` vouched for it; what was in it came before. */
export interface SurveyedFile {
  readonly kind: 'file';
  readonly file: string;
  /** From before it was read. */
  readonly stamp: FileStamp;
  readonly sizeBytes: number;
  readonly isRead: boolean;
  /** Whether it and everything in it hashes to its name. */
  readonly isSound: boolean;
}

/** Something in objects/ or packs/ that no Assay put there. */
export interface SurveyedStray {
  readonly kind: 'stray';
  readonly file: string;
  /** `a link`, `a folder`, `a file of another name`. */
  readonly what: string;
}

export interface SurveyOptions {
  /** Passes over files, by their absolute path. */
  readonly isKnown?: (file: string) => boolean;
  /** Whether what the file's name says need not be read again. */
  readonly trusts?: (file: string, stamp: FileStamp) => boolean;
}

/**
 * Every stored copy of every blob, read from the disk whatever is remembered of it. What another process removes meanwhile is passed
 * over, and what it adds may be. Throws the system's errors.
 */
export function* surveyStore(
  paths: StorePaths,
  { isKnown = () => false, trusts = () => false }: SurveyOptions = {},
): Generator<SurveyedBlob | SurveyedPack | SurveyedFile | SurveyedStray> {
  for (const folder of namesIn(paths.objects)) {
    const path = `${paths.objects}/${folder}`;
    if (!/^[0-9a-f]{2}$/.test(folder) || !isFolder(path)) {
      if (!isTemporary(folder) && !isKnown(path)) yield stray(path);
      continue;
    }
    for (const name of namesIn(path)) {
      const digest = parseDigest(`sha256:${folder}${name}`);
      const file = `${path}/${name}`;
      if (isKnown(file)) continue;
      // A link or a folder under a blob's name is no blob; the store does not serve it either.
      const stamp = digest === undefined ? undefined : stampOf(file);
      if (digest === undefined || stamp === undefined) yield stray(file);
      else yield* surveyLoose(digest, file, stamp, trusts(file, stamp));
    }
  }
  for (const name of namesIn(paths.packs)) {
    const digest = parseDigest(`sha256:${name}`);
    const file = `${paths.packs}/${name}`;
    if (isTemporary(name) || isKnown(file)) continue;
    const stamp = digest === undefined ? undefined : stampOf(file);
    if (digest === undefined || stamp === undefined) yield stray(file);
    else yield* surveyPack(digest, file, stamp, trusts(file, stamp));
  }
}

function* surveyLoose(
  digest: Digest,
  file: string,
  stamp: FileStamp,
  isTrusted: boolean,
): Generator<SurveyedBlob | SurveyedFile> {
  const { sizeBytes } = stamp;
  const known = unlessGone(() => ({
    ...(isTrusted ? { digest, sizeBytes } : digestFile(file)),
    head: readSlice(file, { offset: 0, sizeBytes: HEAD_BYTES }).toString('latin1'),
  }));
  if (known === undefined) return;
  const { digest: found, head } = known;
  const of = { file, sizeBytes: known.sizeBytes, isRead: !isTrusted };
  yield { kind: 'blob', digest, found, ...of, fileDigest: digest, head, read: () => readFileSync(file) };
  yield { kind: 'file', ...of, stamp, isSound: found === digest };
}

function* surveyPack(
  pack: Digest,
  file: string,
  stamp: FileStamp,
  isTrusted: boolean,
): Generator<SurveyedBlob | SurveyedPack | SurveyedFile> {
  const opened = unlessGone(() => {
    const { digest: found } = isTrusted ? { digest: pack } : digestFile(file);
    return { found, index: readPackIndex(file), reader: new PackReader(file) };
  });
  if (opened === undefined) return;
  const { found, index, reader } = opened;
  let isSound = found === pack && index !== undefined;
  try {
    if (!isSound) yield { kind: 'altered-pack', digest: pack, found, file, hasIndex: index !== undefined };
    // In order of offset, so that the reader's window moves once over the file.
    const entries = [...(index?.entries() ?? [])].sort((a, b) => a.slice.offset - b.slice.offset);
    for (const { digest, slice } of entries) {
      const bytes = reader.read(slice);
      const foundBlob = isTrusted ? digest : digestBytes(bytes);
      if (foundBlob !== digest) isSound = false;
      const head = bytes.toString('latin1', 0, HEAD_BYTES);
      const of = { sizeBytes: slice.sizeBytes, file, fileDigest: pack, isRead: !isTrusted };
      yield { kind: 'blob', digest, found: foundBlob, ...of, head, read: () => readSlice(file, slice) };
    }
  } finally {
    reader.close();
  }
  yield { kind: 'file', file, stamp, sizeBytes: stamp.sizeBytes, isRead: !isTrusted, isSound };
}

function stray(file: string): SurveyedStray {
  const found = lstatSync(file, { throwIfNoEntry: false });
  const what = found?.isSymbolicLink() ? 'a link' : found?.isDirectory() ? 'a folder' : 'not named as a stored file is';
  return { kind: 'stray', file, what };
}

/** Of a write under way, or left by a crash: `assay gc` removes it. */
function isTemporary(name: string): boolean {
  return name.startsWith('.tmp-');
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
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
