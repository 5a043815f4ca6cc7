/**
 * The content-addressed store under artifacts/.
 *
 * What it promises (docs/architecture.md, "The store"):
 * - A blob has its name only when it is complete, on disk and hashes to that name.
 * - A manifest is stored only after every blob it names.
 * - What is served is verified; what was altered is quarantined and reported, never served.
 * - A sweep has the store to itself and removes only what no row of the lineage reaches.
 * Any number of processes may use one store at once. Everything is synchronous: the bytes pass through one core's hash anyway, and
 * a commit that never yields cannot interleave. Faults of the disk are UserErrors: store-unreadable, store-unwritable, store-full.
 */
import type { Clock } from '../base/clock.ts';
import type { Digest } from '../base/digest.ts';
import type { Artifact, Damage, Manifest } from '../model/artifact.ts';
import type { StatCache } from '../model/stat-cache.ts';
import { findBlobDamage, findDamage, verifyArtifact } from './damage.ts';
import { Inspection, type StoreParts } from './inspection.ts';
import { createLayout, storePaths, type StorePaths } from './layout.ts';
import { LooseBlobs } from './loose.ts';
import { summarise } from './manifest.ts';
import { Trees } from './materialise.ts';
import { Packs } from './packs.ts';
import { probeBlob, type BlobProbe } from './probe-blob.ts';
import { Intake, putTree } from './put-output.ts';
import { quarantineFolder, quarantineStray } from './quarantine.ts';
import { blobFault, readBlob, readManifest } from './read-blob.ts';
import { Stamps } from './stamps.ts';
import { guarded } from './store-errors.ts';
import { StoreLock } from './store-lock.ts';
import { listBlobs, sweep, type Swept } from './sweep.ts';
import { showView, type ViewEntry } from './view.ts';

export class ArtifactStore {
  readonly paths: StorePaths;
  readonly #parts: StoreParts;
  readonly #lock: StoreLock;
  readonly #trees: Trees;

  private constructor(paths: StorePaths, clock: Clock, statCache: StatCache) {
    this.paths = paths;
    this.#lock = new StoreLock(paths.lock);
    const share = (): void => this.#lock.share();
    const stamps = new Stamps(statCache, clock);
    const loose = new LooseBlobs(paths, stamps);
    this.#parts = { paths, stamps, loose, packs: new Packs(paths, stamps, share), altered: new Map(), share };
    this.#trees = new Trees(this.#parts);
  }

  /** Opens the store of a project, and makes what is missing of its folders. */
  static open(projectRoot: string, options: { clock: Clock; statCache: StatCache }): ArtifactStore {
    const paths = storePaths(projectRoot);
    createLayout(paths);
    return new ArtifactStore(paths, options.clock, options.statCache);
  }

  /** Stores bytes as a blob: durable on return, read-only, nothing when they are there already. */
  putBytes(bytes: Uint8Array): Digest {
    return this.putBlobs([bytes])[0]!;
  }

  /** Stores many blobs; small ones share a pack. All are durable on return. */
  putBlobs(blobs: readonly Uint8Array[]): Digest[] {
    return this.#guard('write to the store', () => {
      const intake = new Intake(this.#parts, blobs.length);
      try {
        const digests = blobs.map((bytes) => intake.addBytes(bytes).digest);
        intake.finish();
        return digests;
      } catch (error) {
        intake.abandon();
        throw error;
      }
    });
  }

  /**
   * Stores a stage's output, a file or a folder. The files are copied: a program that still writes to them cannot reach the blobs.
   * Throws UserError output-missing, output-empty, output-unsupported, output-unreadable.
   */
  putOutput(path: string): Artifact {
    return this.#guard('store an output', () => putTree(this.#parts, path, 'output'));
  }

  /** Stores a file or folder of the project. Throws UserError input-missing, input-empty, input-unsupported, input-unreadable. */
  putInput(path: string): Artifact {
    return this.#guard('store an input', () => putTree(this.#parts, path, 'input'));
  }

  /** Whether a blob is there, without a look at its content. */
  has(digest: Digest): boolean {
    return this.#guard('look into the store', () => {
      return this.#parts.loose.has(digest) || this.#parts.packs.find(digest) !== undefined;
    });
  }

  /** Verified by content. Throws UserError blob-missing, blob-altered. */
  readBlob(digest: Digest): Buffer {
    return this.#guard('read from the store', () => readBlob(this.#parts, digest));
  }

  /** Verified by content and checked. Throws UserError blob-missing, blob-altered, manifest-invalid. */
  readManifest(artifact: Digest): Manifest {
    return this.#guard('read from the store', () => readManifest(this.#parts, artifact));
  }

  describe(artifact: Digest): Artifact {
    return summarise(this.readManifest(artifact));
  }

  /** What is wrong with an artifact, by stamps: reads only files that moved. Empty is sound. Quarantines what is altered. */
  findDamage(artifact: Digest): Damage[] {
    return this.#guard('check the store', () => findDamage(this.#parts, artifact));
  }

  /** The same for who needs a whole one. Throws UserError blob-missing, blob-altered. */
  refuseDamaged(artifact: Digest): void {
    const [damage] = this.findDamage(artifact);
    if (damage === undefined) return;
    const { blob, path, found } = damage;
    throw blobFault(blob, found === null ? { state: 'missing' } : { state: 'altered', found }, path);
  }

  /** The same of one blob; null is sound. */
  findBlobDamage(digest: Digest): Damage | null {
    return this.#guard('check the store', () => findBlobDamage(this.#parts, digest));
  }

  /** What is wrong with an artifact, by reading all of it. Empty is sound. Quarantines what is altered. */
  verifyArtifact(artifact: Digest): Damage[] {
    return this.#guard('check the store', () => verifyArtifact(this.#parts, artifact));
  }

  /** Checks one blob by reading it, wherever it is. Quarantines it when altered. */
  verifyBlob(digest: Digest): 'sound' | 'missing' | 'altered' {
    return this.#guard(
      'check the store',
      () => new Inspection(this.#parts, { vouching: 'nothing' }).check(digest).state,
    );
  }

  /** The same without a change to the store: what is altered is told of, not moved. */
  probeBlob(digest: Digest): BlobProbe {
    return this.#guard('check the store', () => probeBlob(this.#parts, digest));
  }

  /** Checks one pack by reading it; an altered one is quarantined when the blobs in it that are sound lie in a new one. */
  verifyPack(pack: Digest): void {
    this.#guard('check the store', () => {
      this.#parts.packs.refresh();
      if (this.#parts.packs.index(pack) !== undefined) this.#parts.packs.examine(pack, 'nothing');
    });
  }

  /** Moves a file or link that does not belong in the store to quarantine/strays. `path` lies in objects/ or packs/. */
  setAside(path: string): void {
    this.#guard('move a stray file away', () => quarantineStray(this.paths, path));
  }

  /**
   * Puts an artifact at `target`, verified, its files read-only. Throws UserError target-exists, blob-missing, blob-altered and
   * leaves nothing at `target` then. Remove the tree with `releaseTree`.
   */
  materialise(artifact: Digest, target: string): void {
    this.#guard('put an artifact in place', () => this.#trees.materialise(artifact, target));
  }

  /** What of a materialised tree is no longer what was put there, as paths within it; see Trees.findEdits. */
  findTreeEdits(target: string): string[] {
    return this.#guard('look at a tree again', () => this.#trees.findEdits(target));
  }

  /** Removes a folder that holds materialised trees, so that the blobs linked into it need not be hashed again. */
  releaseTree(folder: string): void {
    this.#guard('remove a folder', () => this.#trees.release(folder));
  }

  /** Puts a writable private copy at `target`, verified. Throws as `materialise` does. */
  copyOut(artifact: Digest, target: string): void {
    this.#guard('export an artifact', () => this.#trees.copyOut(artifact, target));
  }

  /** The blobs and artifacts whose hex starts with `hexPrefix` (at least two digits), in order. */
  findByPrefix(hexPrefix: string): Digest[] {
    if (!/^[0-9a-f]{2,64}$/.test(hexPrefix)) return [];
    return this.#guard('look into the store', () => {
      const { loose, packs } = this.#parts;
      const found = new Set(loose.withPrefix(hexPrefix));
      for (const pack of packs.list()) {
        for (const digest of packs.index(pack)?.withPrefix(hexPrefix) ?? []) found.add(digest);
      }
      return [...found].sort();
    });
  }

  /** Keeps the partial outputs of a failed execution. Returns where, or null when there are none. */
  quarantineOutputs(executionId: number, from: string): string | null {
    return this.#guard('keep partial outputs', () => quarantineFolder(this.paths, executionId, from));
  }

  /**
   * Deletes every blob that is not reachable and not named by a reachable manifest. `isReachable` is called with the lock held:
   * what this store has put must be recorded by then. Throws UserError store-busy, sweep-refused.
   */
  sweep(isReachable: (digest: Digest) => boolean): Swept {
    return this.#guard('sweep the store', () => sweep(this.#parts, this.#lock, isReachable));
  }

  /** Every blob, manifests too; each once. */
  *listBlobs(): Iterable<Digest> {
    yield* listBlobs(this.#parts);
  }

  /** Makes artifacts/view show exactly these. Cheap when nothing changed. */
  viewCurrent(entries: readonly ViewEntry[]): void {
    this.#guard('show the current results', () => showView(this.#parts, entries));
  }

  /**
   * Keeps sweeps away, from now until `release` or the end of the process. Every put does this by itself; a run that relies on
   * results it found here does it at its start. Throws UserError store-busy when a sweep does not end within half a minute.
   */
  hold(): void {
    this.#guard('lock the store', () => this.#lock.share());
  }

  /** Lets sweeps in again: what was put and is not recorded may go. */
  release(): void {
    this.#lock.release();
  }

  /** Releases the lock and its file. */
  close(): void {
    this.#lock.close();
  }

  #guard<T>(doing: string, work: () => T): T {
    return guarded(doing, this.paths.root, work);
  }
}
