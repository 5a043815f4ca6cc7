/** What `assay verify` read of a store: which blobs are sound, which are altered, and the manifests among them. */
import type { Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { Manifest } from '../model/artifact.ts';
import type { StorePaths } from '../store/layout.ts';
import { decodeManifest } from '../store/manifest.ts';
import { surveyStore, type SurveyedBlob, type SurveyedPack } from '../store/survey.ts';

/** A manifest that hashes to its name and is none. */
export interface InvalidManifest {
  readonly problem: string;
}

export class StoreContent {
  readonly sound = new Set<Digest>();
  readonly altered = new Map<Digest, Pick<SurveyedBlob, 'found' | 'file' | 'fileDigest'>>();
  readonly manifests = new Map<Digest, Manifest | InvalidManifest>();
  readonly alteredPacks: SurveyedPack[] = [];
  readonly #paths: StorePaths;
  readonly #artifacts: ReadonlySet<Digest>;
  readonly #onRead: (doneBytes: number) => void;
  readonly #files = new Set<string>();
  #sizeBytes = 0;

  /** `artifacts`: the digests under which manifests are expected. */
  constructor(paths: StorePaths, artifacts: ReadonlySet<Digest>, onRead: (doneBytes: number) => void) {
    this.#paths = paths;
    this.#artifacts = artifacts;
    this.#onRead = onRead;
  }

  get blobs(): number {
    return this.sound.size + [...this.altered.keys()].filter((digest) => !this.sound.has(digest)).length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  has(digest: Digest): boolean {
    return this.sound.has(digest) || this.altered.has(digest);
  }

  /** Reads the files that were not read yet. False when there are none. */
  readNew(): boolean {
    // A copy: a pack is still being read when its name is already among the files.
    const known = new Set(this.#files);
    for (const item of surveyStore(this.#paths, (file) => known.has(file))) {
      this.#files.add(item.file);
      if (item.kind === 'altered-pack') this.alteredPacks.push(item);
      else this.#add(item);
    }
    return this.#files.size > known.size;
  }

  #add(blob: SurveyedBlob): void {
    const { digest, found, file, fileDigest, sizeBytes } = blob;
    if (found === digest) this.sound.add(digest);
    else this.altered.set(digest, { found, file, fileDigest });
    if (found === digest && this.#artifacts.has(digest)) this.manifests.set(digest, readManifest(blob));
    this.#sizeBytes += sizeBytes;
    this.#onRead(this.#sizeBytes);
  }
}

function readManifest({ digest, read }: SurveyedBlob): Manifest | InvalidManifest {
  try {
    return decodeManifest(read(), digest);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: error.message };
  }
}
