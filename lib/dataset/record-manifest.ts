/** What identifies the records of a split without holding them. */
import { oncePer } from '../base/once-per.ts';
import { merkleRoot } from './merkle.ts';
import { digestText, multisetDigest, recordDigests } from './record-digest.ts';
import { countPerClass, type Split } from './split.ts';

/** Equal roots: the same records in the same order. Equal multisets, unequal roots: the same records in another order. */
export interface RecordManifest {
  /** Ordered Merkle root: `sha256:` and 64 hex digits. */
  readonly root: string;
  /** The records whatever their order: `sha256:` and 64 hex digits. */
  readonly multiset: string;
  readonly count: number;
  readonly perClass: readonly number[];
}

/** Digests every record once: 60,000 of MNIST in about 0.3 s. */
export function recordManifest(split: Split, classCount: number): RecordManifest {
  const { count, labels } = split;
  return {
    root: recordRoot(split),
    multiset: recordMultiset(split),
    count,
    perClass: countPerClass(labels, classCount),
  };
}

/** The ordered Merkle root. */
export const recordRoot = oncePer((split: Split): string => digestText(merkleRoot(recordDigests(split))));

const recordMultiset = oncePer((split: Split): string => digestText(multisetDigest(recordDigests(split))));
