/** What a dataset is, in memory and in the dataset.json of its folder. */
import type { Shape, Split } from './split.ts';

/** `train` or `test` is null when the set has no such part: poison has only records to train on. */
export interface Dataset {
  readonly name: string;
  /** Names of the classes; a label is an index into them. */
  readonly classes: readonly string[];
  readonly shape: Shape;
  readonly train: Split | null;
  readonly test: Split | null;
  readonly source: DatasetSource;
}

/**
 * Where the records come from. Says what they are, never where the bytes happened to lie: the same records from a mirror and from
 * the network make one artifact.
 */
export type DatasetSource =
  /** Drawn by a generator of this program from a seed. */
  | { readonly kind: 'generated'; readonly generator: string; readonly seed: number }
  /** Read from published files, each known by the digest of its content. */
  | { readonly kind: 'published'; readonly files: readonly PublishedFile[] }
  /** Made from other datasets by a stage; `parents` are their artifact digests or names. */
  | { readonly kind: 'derived'; readonly operation: string; readonly parents: readonly string[] };

export interface PublishedFile {
  readonly name: string;
  /** `sha256:` and 64 hex digits, of the content without any compression. */
  readonly digest: string;
}

export type SplitName = 'train' | 'test';
export const SPLIT_NAMES: readonly SplitName[] = ['train', 'test'];

/** dataset.json: all that can be said of the records without them. */
export interface DatasetInfo {
  readonly format: 'assay-dataset/v1';
  readonly name: string;
  readonly shape: Shape;
  readonly classes: readonly string[];
  readonly counts: PerSplit<number>;
  readonly perClass: PerSplit<readonly number[]>;
  /** Root of the ordered Merkle tree over the records: `sha256:` and hex. */
  readonly recordsRoot: PerSplit<string>;
  /** Digest of the records whatever their order: `sha256:` and hex. */
  readonly recordsMultiset: PerSplit<string>;
  readonly source: DatasetSource;
}

export type PerSplit<T> = { readonly [name in SplitName]: T | null };
