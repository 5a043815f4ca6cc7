/** Takes blobs into the store, in bulk. */
import { readSync } from 'node:fs';
import { digestBytes, type Digest } from '../base/digest.ts';
import type { Artifact, Manifest, ManifestEntry } from '../model/artifact.ts';
import { collectTree, withCollected, type TreeRole } from './collect.ts';
import { Inspection, type StoreParts } from './inspection.ts';
import { encodeManifest, summarise } from './manifest.ts';
import type { PackWriter } from './pack-file.ts';

/** Files below this size may share a pack: an image of 100 KB does; a model's weights keep a file that can be linked. */
const SMALL_BYTES = 128 * 1024;
/** Fewer small files than this stay loose: each costs one fsync, about 1 ms. */
const PACK_MIN_BLOBS = 64;
/** One byte more than a small file has, so that one read tells small from large. Shared: everything here is synchronous. */
const buffer = Buffer.allocUnsafe(SMALL_BYTES + 1);

/** Stores a file or folder as an artifact: blobs, all durable, then the manifest. Throws what collectTree throws. */
export function putTree(parts: StoreParts, root: string, role: TreeRole): Artifact {
  const { form, files } = collectTree(root, role);
  const intake = new Intake(parts, files.length);
  let entries: ManifestEntry[];
  try {
    entries = files.map(({ path, absolute }) => {
      const { digest, sizeBytes } = intake.addFile(absolute, role);
      return { path, sizeBytes, blob: digest };
    });
    intake.finish();
  } catch (error) {
    intake.abandon();
    throw error;
  }
  return putManifest(parts, { form, entries });
}

/** Blobs on their way in. Nothing is sure to be durable before `finish` returns. */
export class Intake {
  readonly #parts: StoreParts;
  readonly #present: Inspection;
  /** Small blobs that wait until it is known whether they are enough for a pack. */
  readonly #waiting = new Map<Digest, Buffer>();
  /** Put by this intake; the listing that #present looks at may be older. */
  readonly #large = new Set<Digest>();
  #writer: PackWriter | undefined;

  constructor(parts: StoreParts, expectedFiles: number) {
    parts.share();
    this.#parts = parts;
    this.#present = new Inspection(parts, { expectMany: expectedFiles > PACK_MIN_BLOBS });
  }

  addFile(path: string, role: TreeRole): { digest: Digest; sizeBytes: number } {
    return withCollected(path, role, (fd) => {
      const count = readStart(fd);
      if (count <= SMALL_BYTES) return this.addBytes(buffer.subarray(0, count));
      // Read from its start again: 128 KiB twice is nothing to what follows.
      const isNew = (digest: Digest): boolean => !this.#large.has(digest) && !this.#has(digest);
      const added = withCollected(path, role, (again) => this.#parts.loose.putFile(again, isNew));
      this.#large.add(added.digest);
      return added;
    });
  }

  /** The bytes may be reused by the caller afterwards. */
  addBytes(bytes: Uint8Array): { digest: Digest; sizeBytes: number } {
    const added = { digest: digestBytes(bytes), sizeBytes: bytes.length };
    if (this.#waiting.has(added.digest) || this.#writer?.has(added.digest) || this.#has(added.digest)) return added;
    if (bytes.length > SMALL_BYTES) this.#parts.loose.put(bytes, added.digest);
    else if (this.#writer !== undefined) this.#writer.add(added.digest, bytes);
    else this.#wait(added.digest, bytes);
    return added;
  }

  /** Makes all of it visible and durable. */
  finish(): void {
    for (const [digest, bytes] of this.#waiting) this.#parts.loose.put(bytes, digest);
    if (this.#writer !== undefined) this.#parts.packs.publish(this.#writer);
    this.#parts.loose.sync();
  }

  /** Leaves no temporary file. Loose blobs already stored stay: they are sound, and the next sweep finds them. */
  abandon(): void {
    this.#writer?.discard();
  }

  #wait(digest: Digest, bytes: Uint8Array): void {
    this.#waiting.set(digest, Buffer.from(bytes));
    if (this.#waiting.size < PACK_MIN_BLOBS) return;
    this.#writer = this.#parts.packs.startPack();
    for (const [waiting, held] of this.#waiting) this.#writer.add(waiting, held);
    this.#waiting.clear();
  }

  /** A blob that is there but altered is quarantined by the check and counts as absent: it is being made anew. */
  #has(digest: Digest): boolean {
    return this.#present.check(digest).state === 'sound';
  }
}

/** Fills the buffer from an open file. Returns how much there was. */
function readStart(fd: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Blobs before the manifest: a crash leaves an orphan, never a manifest whose blob is missing. */
function putManifest(parts: StoreParts, manifest: Manifest): Artifact {
  const bytes = encodeManifest(manifest);
  const artifact = summarise(manifest, bytes);
  if (new Inspection(parts).check(artifact.digest).state !== 'sound') {
    parts.loose.put(bytes, artifact.digest);
    parts.loose.sync();
  }
  return artifact;
}
