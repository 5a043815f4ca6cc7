/** Artifacts as files again: shared and read-only for a stage, or a private copy for the user. */
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { digestBytes, digestFile, type Digest } from '../base/digest.ts';
import { writeAll } from '../base/durable-write.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import type { Damage } from '../model/artifact.ts';
import { isSameButCtime, isSameStamp, type FileStamp } from '../model/stat-cache.ts';
import { copyHashing, Reflink } from './copy.ts';
import { inspect } from './damage.ts';
import { Inspection, type BlobLocation, type StoreParts } from './inspection.ts';
import { PackReader } from './pack-file.ts';
import { blobFault } from './read-blob.ts';
import { stampOf } from './stamps.ts';

/** Why a hard link was refused though a copy will do: another disk, too many links, a file system or policy without. */
const NO_LINK = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A file of a materialised tree, as it was when it was put there. */
interface Placed {
  readonly target: string;
  readonly blob: Digest;
  readonly stamp: FileStamp | undefined;
  /** Of a hard link; null for a copy. */
  readonly blobPath: string | null;
}

export class Trees {
  readonly #parts: StoreParts;
  readonly #reflink = new Reflink();
  /** By the root of a materialised tree: so that `release` can unlink hard links one by one, and `findEdits` knows what was there. */
  readonly #placed = new Map<string, readonly Placed[]>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /**
   * Puts an artifact at `target`, files read-only. By reflink, else hard link, else copy; from a pack, by copy.
   *
   * What a stage reads was read before by this process itself, once: the stat cache decides what need not run, not what may be used.
   * Its stamp is compared after. A hard link moves the blob's ctime, which looks
   * like an edit: Stamps.across carries what is known over that moment, so a dataset that many stages of one run read is hashed
   * no more in that run, and once more by the first check of the next process (47 MB: 50 ms).
   * A stage that overwrites such a link (it would have to make it writable first) alters the blob: the next check finds it.
   */
  materialise(artifact: Digest, target: string): void {
    const placed: Placed[] = [];
    this.#build(artifact, target, false, (at, digest, path) => this.#share(at, digest, path), placed);
    this.#placed.set(resolve(target), placed);
  }

  /**
   * Files of a materialised tree that no longer have the content they were given, or that were added to it; '' for a single file.
   * Reads only what its stamp does not vouch for. A hard link is held against the blob's file alone, whose content a check of the
   * store tells of. What was removed is not told: who reads it sees that.
   */
  findEdits(target: string): string[] {
    const root = resolve(target);
    const placed = this.#placed.get(root) ?? [];
    const known = new Set(placed.map((file) => file.target));
    const edited = placed.filter((file) => isEdited(file)).map((file) => file.target);
    const added = listFiles(root).filter((path) => !known.has(path));
    return [...edited, ...added].map((path) => relative(root, path));
  }

  /** Puts a writable private copy at `target`, verified while copying. */
  copyOut(artifact: Digest, target: string): void {
    this.#build(artifact, target, true, (at, digest, path) => this.#copy(at, digest, path, 0o644));
  }

  /**
   * Removes a folder that may hold materialised trees, such as a sandbox. Removing it in any other way is safe too, but moves
   * the ctime of linked blobs unseen, and each is hashed again at its next check.
   */
  release(folder: string): void {
    const root = resolve(folder);
    for (const [tree, placed] of this.#placed) {
      if (tree !== root && !tree.startsWith(`${root}/`)) continue;
      for (const { target, blobPath } of placed) {
        if (blobPath !== null) this.#parts.stamps.across(blobPath, () => unlinkQuietly(target));
      }
      this.#placed.delete(tree);
    }
    rmSync(root, { recursive: true, force: true });
  }

  /** `place` is called for loose blobs, says whether it linked; slices of packs are written here. A failure leaves nothing at `target`. */
  #build(
    artifact: Digest,
    target: string,
    isPrivate: boolean,
    place: (at: BlobLocation & { kind: 'loose' }, digest: Digest, target: string) => { isLink: boolean },
    placed: Placed[] = [],
  ): void {
    refuseExisting(target);
    const { manifest, damage, locations } = inspect(this.#parts, artifact, isPrivate ? 'stamps' : 'process');
    if (manifest === undefined || damage.length > 0) throw damageFault(damage[0]!);
    const readers = new Map<Digest, PackReader>();
    const folders = new Set<string>();
    try {
      manifest.entries.forEach(({ path, blob }, i) => {
        const file = path === '.' ? target : `${target}/${path}`;
        makeFolder(dirname(file), folders);
        const at = locations[i]!;
        if (at.kind === 'loose') {
          const { isLink } = place(at, blob, file);
          placed.push({ target: resolve(file), blob, stamp: stampOf(file), blobPath: isLink ? at.path : null });
          return;
        }
        let reader = readers.get(at.pack);
        if (reader === undefined) readers.set(at.pack, (reader = new PackReader(at.path)));
        const bytes = reader.read(at.slice);
        // The bytes themselves: that the pack is sound before and after does not say what was read between.
        if (digestBytes(bytes) !== blob) throw this.#fault(blob);
        writeNew(file, bytes, isPrivate ? 0o644 : 0o444);
        placed.push({ target: resolve(file), blob, stamp: stampOf(file), blobPath: null });
      });
      for (const pack of readers.keys()) this.#refuseMoved(this.#parts.packs.path(pack), pack, pack);
    } catch (error) {
      rmSync(target, { recursive: true, force: true });
      throw error;
    } finally {
      for (const reader of readers.values()) reader.close();
    }
  }

  #share({ path }: { path: string }, digest: Digest, target: string): { isLink: boolean } {
    const { stamps } = this.#parts;
    const isCopy = this.#reflink.try(path, target);
    if (isCopy) {
      chmodSync(target, 0o444);
    } else {
      try {
        stamps.across(path, () => linkSync(path, target));
      } catch (error) {
        if (!NO_LINK.has(systemErrorCode(error) ?? '')) throw error;
        return this.#copy({ path }, digest, target, 0o444);
      }
    }
    this.#refuseMoved(path, digest, digest);
    return { isLink: !isCopy };
  }

  #copy({ path }: { path: string }, digest: Digest, target: string, mode: number): { isLink: false } {
    const from = openSync(path, 'r');
    try {
      const to = openSync(target, 'wx', mode);
      try {
        if (copyHashing(from, to).digest !== digest) throw this.#fault(digest);
      } finally {
        closeSync(to);
      }
    } finally {
      closeSync(from);
    }
    return { isLink: false };
  }

  /** A file that was written to between its check and now must not be served. */
  #refuseMoved(path: string, holds: Digest, blob: Digest): void {
    if (this.#parts.stamps.seenDigestOf(path)?.digest !== holds) throw this.#fault(blob);
  }

  /** Reads the blob again to say what is wrong with it, which also quarantines it. */
  #fault(digest: Digest): UserError {
    const check = new Inspection(this.#parts, { vouching: 'nothing' }).check(digest);
    return blobFault(digest, check.state === 'sound' ? { state: 'missing' } : check, null);
  }
}

/** Other stages link to the same blob, which moves the ctime of all its names. */
function isEdited({ target, blob, stamp, blobPath }: Placed): boolean {
  const now = stampOf(target);
  if (now === undefined) return existsSync(target);
  const isSame = blobPath === null ? isSameStamp : isSameButCtime;
  return (stamp === undefined || !isSame(stamp, now)) && digestFile(target).digest !== blob;
}

/** Absolute, all but folders. The file itself where the tree is one. */
function listFiles(root: string): string[] {
  if (lstatSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

function damageFault({ blob, path, problem, found }: Damage): UserError {
  return blobFault(blob, problem === 'altered' ? { state: 'altered', found: found! } : { state: 'missing' }, path);
}

function refuseExisting(target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return;
  throw new UserError('target-exists', `there is something at the target already: ${target}`, {
    hint: 'Name a path that does not exist yet, or remove what is there.',
  });
}

function makeFolder(folder: string, made: Set<string>): void {
  if (made.has(folder)) return;
  mkdirSync(folder, { recursive: true });
  made.add(folder);
}

function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  const fd = openSync(path, 'wx', mode);
  try {
    writeAll(fd, bytes);
  } finally {
    closeSync(fd);
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    // The stage may have removed its input itself.
    if (!['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}
