/** What the store holds. */
import type { Digest } from '../base/digest.ts';

/** The sorted tree of one stage output. Its digest, digestRecord('manifest/v1', manifest), names the artifact. */
export interface Manifest {
  /** `file`: one entry whose path is `.`. `directory`: any number of entries with relative POSIX paths. */
  readonly form: 'file' | 'directory';
  /** In UTF-8 byte order of `path`; no `..`, no absolute path, no duplicate, no empty segment. */
  readonly entries: readonly ManifestEntry[];
}

export interface ManifestEntry {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the file's plain bytes. */
  readonly blob: Digest;
}

export const MANIFEST_TAG = 'manifest/v1';

export interface Artifact {
  readonly digest: Digest;
  readonly form: 'file' | 'directory';
  readonly sizeBytes: number;
  readonly fileCount: number;
}

/** Something the store should hold but does not, or not as it was. */
export interface Damage {
  readonly artifact: Digest;
  /** The manifest's own digest when the manifest is what is damaged. */
  readonly blob: Digest;
  /** Path inside the artifact; null for the manifest itself. */
  readonly path: string | null;
  readonly problem: 'missing' | 'altered';
  /** The digest of the bytes found, when altered. */
  readonly found: Digest | null;
}
