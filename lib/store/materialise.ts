/** Artifacts as files again: shared and read-only for a stage, or a private copy for the user. */
import { chmodSync, closeSync, linkSync, lstatSync, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { digestBytes, type Digest } from '../base/digest.ts';
import { writeAll } from '../base/durable-write.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import type { Damage } from '../model/artifact.ts';
import { copyHashing, Reflink } from './copy.ts';
import { inspect } from './damage.ts';
import { Inspection, type BlobLocation, type StoreParts } from './inspection.ts';
import { PackReader } from './pack-file.ts';
import { blobFault } from './read-blob.ts';

/** Why a hard link was refused though a copy will do: another disk, too many links, a file system or policy without. */
const NO_LINK = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

interface Linked {
  readonly target: string;
  readonly blobPath: string;
}

export class Trees {
  readonly #parts: StoreParts;
  readonly #reflink = new Reflink();
  /** By the root of a materialised tree: its hard links, so that `release` can unlink them one by one. */
  readonly #linked = new Map<string, Linked[]>();

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
    const links: Linked[] = [];
    this.#build(artifact, target, false, (at, digest, path) => this.#share(at, digest, path, links));
    if (links.length > 0) this.#linked.set(resolve(target), links);
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
    for (const [tree, links] of this.#linked) {
      if (tree !== root && !tree.startsWith(`${root}/`)) continue;
      for (const { target, blobPath } of links) this.#parts.stamps.across(blobPath, () => unlinkQuietly(target));
      this.#linked.delete(tree);
    }
    rmSync(root, { recursive: true, force: true });
  }

  /** `place` is called for loose blobs; slices of packs are written here. A failure leaves nothing at `target`. */
  #build(
    artifact: Digest,
    target: string,
    isPrivate: boolean,
    place: (at: BlobLocation & { kind: 'loose' }, digest: Digest, target: string) => void,
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
        if (at.kind === 'loose') return place(at, blob, file);
        let reader = readers.get(at.pack);
        if (reader === undefined) readers.set(at.pack, (reader = new PackReader(at.path)));
        const bytes = reader.read(at.slice);
        if (isPrivate && digestBytes(bytes) !== blob) throw this.#fault(blob);
        writeNew(file, bytes, isPrivate ? 0o644 : 0o444);
      });
      for (const pack of readers.keys()) this.#refuseMoved(this.#parts.packs.path(pack), pack, pack);
    } catch (error) {
      rmSync(target, { recursive: true, force: true });
      throw error;
    } finally {
      for (const reader of readers.values()) reader.close();
    }
  }

  #share({ path }: { path: string }, digest: Digest, target: string, links: Linked[]): void {
    const { stamps } = this.#parts;
    if (this.#reflink.try(path, target)) {
      chmodSync(target, 0o444);
    } else {
      try {
        stamps.across(path, () => linkSync(path, target));
        links.push({ target, blobPath: path });
      } catch (error) {
        if (!NO_LINK.has(systemErrorCode(error) ?? '')) throw error;
        return this.#copy({ path }, digest, target, 0o444);
      }
    }
    this.#refuseMoved(path, digest, digest);
  }

  #copy({ path }: { path: string }, digest: Digest, target: string, mode: number): void {
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
