/** Blobs with a file of their own: objects/ab/cdef… */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { digestBytes, type Digest } from '../base/digest.ts';
import { openTemporary, syncFolder, writeAll } from '../base/durable-write.ts';
import { copyHashing } from './copy.ts';
import { loosePath, type StorePaths } from './layout.ts';
import type { Stamps } from './stamps.ts';

export class LooseBlobs {
  readonly #paths: StorePaths;
  readonly #stamps: Stamps;
  /** Folders in which names were made that a power cut could still take back. */
  readonly #unsynced = new Set<string>();

  constructor(paths: StorePaths, stamps: Stamps) {
    this.#paths = paths;
    this.#stamps = stamps;
  }

  path(digest: Digest): string {
    return loosePath(this.#paths, digest);
  }

  /** Whether a file has the blob's name. What it holds is another question. */
  has(digest: Digest): boolean {
    return lstatSync(this.path(digest), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  /** Writes a blob. It is durable after the next `sync`. */
  put(bytes: Uint8Array, digest = digestBytes(bytes)): Digest {
    this.#write((fd) => {
      writeAll(fd, bytes);
      return { digest, sizeBytes: bytes.length };
    });
    return digest;
  }

  /**
   * Copies an open file into the store, hashing on the way: one read. The blob gets its name only if `isWanted`, asked once
   * the digest is known, says so. It is durable after the next `sync`.
   */
  putFile(from: number, isWanted: (digest: Digest) => boolean): { digest: Digest; sizeBytes: number } {
    return this.#write((fd) => copyHashing(from, fd), isWanted);
  }

  /** Makes the names of all blobs put so far durable. */
  sync(): void {
    for (const folder of this.#unsynced) syncFolder(folder);
    this.#unsynced.clear();
  }

  remove(digest: Digest): void {
    rmSync(this.path(digest), { force: true });
  }

  /** Every blob that has a file, in order of digest. */
  *list(): Iterable<Digest> {
    for (const folder of readdirSync(this.#paths.objects).sort()) yield* this.withPrefix(folder);
  }

  /** Blobs whose digest starts with `hexPrefix`, at least two digits. */
  *withPrefix(hexPrefix: string): Iterable<Digest> {
    const folder = hexPrefix.slice(0, 2);
    for (const name of this.namesIn(folder)) {
      if (name.length === 62 && name.startsWith(hexPrefix.slice(2))) yield `sha256:${folder}${name}` as Digest;
    }
  }

  /** The names in objects/<folder>, sorted; none when there is no such folder. */
  namesIn(folder: string): string[] {
    if (!/^[0-9a-f]{2}$/.test(folder)) return [];
    const path = `${this.#paths.objects}/${folder}`;
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  #write(
    fill: (fd: number) => { digest: Digest; sizeBytes: number },
    isWanted: (digest: Digest) => boolean = () => true,
  ): { digest: Digest; sizeBytes: number } {
    const { fd, path: temporary } = openTemporary(this.#paths.objects);
    try {
      let written;
      try {
        written = fill(fd);
        if (isWanted(written.digest)) {
          // Read-only and on disk before it gets its name: under its name a blob is complete or absent.
          fchmodSync(fd, 0o444);
          fsyncSync(fd);
        } else {
          rmSync(temporary);
          return written;
        }
      } finally {
        closeSync(fd);
      }
      this.#publish(temporary, written.digest);
      return written;
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** Replacing a file of the same name is harmless: whoever made it wrote the same bytes. */
  #publish(temporary: string, digest: Digest): void {
    const path = this.path(digest);
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (mkdirSync(folder, { recursive: true }) !== undefined) this.#unsynced.add(this.#paths.objects);
    renameSync(temporary, path);
    this.#unsynced.add(folder);
    this.#stamps.vouch(path, digest);
  }
}
