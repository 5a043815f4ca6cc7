/** What `assay verify` read of a store: which blobs are sound, which are altered, and the manifests and records among them. */
import { digestBytes, type Digest } from '../../base/digest.ts';
import { UserError } from '../../base/errors.ts';
import { RESULT_PREFIX } from '../../lineage/result-record.ts';
import { MANIFEST_TAG, type Manifest } from '../../model/artifact.ts';
import type { StorePaths } from '../../store/layout.ts';
import { decodeManifest } from '../../store/manifest.ts';
import { surveyStore, type SurveyedBlob, type SurveyedPack, type SurveyedStray } from '../../store/survey.ts';
import type { VerifyMemory } from './verify-memory.ts';

/** A manifest that hashes to its name and is none. */
export interface InvalidManifest {
  readonly problem: string;
}

const MANIFEST_PREFIX = `${MANIFEST_TAG}\0`;

export class StoreContent {
  readonly altered = new Map<Digest, Pick<SurveyedBlob, 'found' | 'file' | 'fileDigest'>>();
  readonly manifests = new Map<Digest, Manifest | InvalidManifest>();
  /** Blobs that begin as result records do, and every blob that some manifest names: a stage may write what looks like a record. */
  readonly recordLike: Digest[] = [];
  readonly named = new Set<Digest>();
  readonly alteredPacks: SurveyedPack[] = [];
  readonly strays: SurveyedStray[] = [];
  readonly #sound = new Map<Digest, () => Buffer>();
  readonly #paths: StorePaths;
  readonly #artifacts: ReadonlySet<Digest>;
  readonly #memory: VerifyMemory;
  readonly #onRead: (doneBytes: number) => void;
  readonly #files = new Set<string>();
  /** Blobs of files that an earlier verify vouches for. */
  readonly #unread = new Set<Digest>();
  #sizeBytes = 0;
  #skippedBytes = 0;

  /** `artifacts`: the digests under which manifests are expected. */
  constructor(
    paths: StorePaths,
    artifacts: ReadonlySet<Digest>,
    memory: VerifyMemory,
    onRead: (doneBytes: number) => void,
  ) {
    this.#paths = paths;
    this.#artifacts = artifacts;
    this.#memory = memory;
    this.#onRead = onRead;
  }

  get blobs(): number {
    return this.#sound.size + [...this.altered.keys()].filter((digest) => !this.#sound.has(digest)).length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  isSound(digest: Digest): boolean {
    return this.#sound.has(digest);
  }

  /** Whether the blob was read now, not by an earlier verify. */
  isRead(digest: Digest): boolean {
    return this.has(digest) && !this.#unread.has(digest);
  }

  has(digest: Digest): boolean {
    return this.#sound.has(digest) || this.altered.has(digest);
  }

  /** The bytes of a sound blob; undefined when there is none, or when they have changed since they were read. */
  bytesOf(digest: Digest): Buffer | undefined {
    const bytes = this.#sound.get(digest)?.();
    return bytes !== undefined && digestBytes(bytes) === digest ? bytes : undefined;
  }

  /** Reads the files that were not read yet. False when there are none. */
  readNew(): boolean {
    // A copy: a pack is still being read when its name is already among the files.
    const known = new Set(this.#files);
    const options = {
      isKnown: (file: string) => known.has(file),
      trusts: this.#memory.trusts.bind(this.#memory),
    };
    for (const item of surveyStore(this.#paths, options)) {
      this.#files.add(item.file);
      switch (item.kind) {
        case 'blob':
          this.#add(item);
          break;
        case 'altered-pack':
          this.alteredPacks.push(item);
          break;
        case 'stray':
          this.strays.push(item);
          break;
        case 'file':
          if (!item.isRead) this.#skippedBytes += item.sizeBytes;
          if (item.isSound) this.#memory.note(item.file, item.stamp, item.isRead ? item.sizeBytes : 0);
          break;
      }
    }
    return this.#files.size > known.size;
  }

  #add(blob: SurveyedBlob): void {
    const { digest, found, file, fileDigest, sizeBytes } = blob;
    if (found === digest) this.#lookInto(blob);
    else this.altered.set(digest, { found, file, fileDigest });
    this.#sizeBytes += sizeBytes;
    this.#onRead(this.#sizeBytes);
  }

  #lookInto(blob: SurveyedBlob): void {
    const { digest, head, isRead } = blob;
    this.#sound.set(digest, blob.read);
    if (!isRead) this.#unread.add(digest);
    if (head.startsWith(RESULT_PREFIX)) this.recordLike.push(digest);
    const isExpected = this.#artifacts.has(digest);
    if (!isExpected && !head.startsWith(MANIFEST_PREFIX)) return;
    const manifest = readManifest(blob.read(), digest);
    if ('entries' in manifest) for (const { blob: named } of manifest.entries) this.named.add(named);
    if (isExpected) this.manifests.set(digest, manifest);
  }
}

function readManifest(bytes: Buffer, digest: Digest): Manifest | InvalidManifest {
  try {
    return decodeManifest(bytes, digest);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: error.message };
  }
}
