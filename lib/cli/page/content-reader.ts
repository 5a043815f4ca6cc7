/** The contents that a page shows, read from the store and verified by it. What was read once is kept: an artifact never changes. */
import type { Json } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/digest.ts';
import { UserError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { imageSize, imageType } from '../../base/picture.ts';
import type { Manifest } from '../../model/artifact.ts';
import type { MetricsDocument, Picture } from '../../report/page/facts.ts';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { readContent, readText } from '../artifact-content.ts';

/** Of one metrics output: beyond this its curves are no longer drawn but sampled by nobody. */
const LONGEST_METRICS_BYTES = 4 * 1024 * 1024;

type Content = MetricsDocument['content'];
type PictureContent = Pick<Picture, 'type' | 'base64' | 'size'>;

export class ContentReader {
  readonly #store: ArtifactStore;
  readonly #kept: Map<string, unknown>;

  /** `kept`: what an earlier reader of the same store has read. */
  constructor(store: ArtifactStore, kept: Map<string, unknown> = new Map()) {
    this.#store = store;
    this.#kept = kept;
  }

  metrics(artifact: Digest): Content {
    return this.#once(
      'metrics',
      artifact,
      (manifest): Content => {
        const [entry] = manifest.entries;
        if (manifest.form !== 'file' || entry === undefined) return { problem: 'it is no file' };
        if (entry.sizeBytes > LONGEST_METRICS_BYTES)
          return { problem: `it is larger than ${LONGEST_METRICS_BYTES} bytes` };
        const value = parseJson(this.#store.readBlob(entry.blob).toString('utf8')) as Json | undefined;
        return value === undefined ? { problem: 'it is no JSON' } : { value };
      },
      (problem) => ({ problem }),
    );
  }

  /** Undefined for what is not text, too long, or not to be read. */
  text(artifact: Digest): string | undefined {
    return this.#once<string | undefined>(
      'text',
      artifact,
      (manifest) => readText(this.#store, manifest),
      () => undefined,
    );
  }

  /** Undefined when it is no picture that browsers draw, larger than `mostBytes`, or not to be read. */
  picture(artifact: Digest, mostBytes: number): PictureContent | undefined {
    return this.#once<PictureContent | undefined>(
      `picture up to ${mostBytes}`,
      artifact,
      (manifest) => {
        const [entry] = manifest.entries;
        if (manifest.form !== 'file' || entry === undefined || entry.sizeBytes > mostBytes) return undefined;
        const bytes = this.#store.readBlob(entry.blob);
        const type = imageType(bytes);
        return type === undefined ? undefined : { type, base64: bytes.toString('base64'), size: imageSize(bytes) };
      },
      () => undefined,
    );
  }

  /** Names of the classes of a dataset; empty when it says none. */
  classes(artifact: Digest): readonly string[] {
    return this.#once<readonly string[]>(
      'classes',
      artifact,
      (manifest) => {
        const content = readContent(this.#store, manifest, 'dataset');
        return content.form === 'dataset' ? content.dataset.classes : [];
      },
      () => [],
    );
  }

  #once<T>(what: string, artifact: Digest, read: (manifest: Manifest) => T, failed: (problem: string) => T): T {
    const name = `${what} ${artifact}`;
    if (this.#kept.has(name)) return this.#kept.get(name) as T;
    try {
      const content = read(this.#store.readManifest(artifact));
      this.#kept.set(name, content);
      return content;
    } catch (error) {
      // Not kept: the next run may bring it back.
      if (!(error instanceof UserError)) throw error;
      return failed(error.message);
    }
  }
}
