/** What `assay verify` can find, and what mends it. */
import type { Digest } from '../../base/digest.ts';

/**
 * altered: bytes, a row or a link are not what their name says. missing: something needed is not there. invalid: it hashes to its
 * name and is not what it should be. damaged: SQLite or the disk cannot read it. contradicted: two records of one thing differ.
 * dangling: a row refers to nothing. orphaned: a row or a record that nothing refers to. stray: a file that Assay did not put there.
 */
export type Problem =
  'altered' | 'missing' | 'invalid' | 'damaged' | 'contradicted' | 'dangling' | 'orphaned' | 'stray';

/**
 * What `--repair` does. rerun: quarantine what is altered and run its stage. rerun-forced: run it although it counts as cached.
 * quarantine: move it away. rows: put rows back as the result record has them, or remove what refers to nothing. rows-and-rerun: both.
 * rebuild: the whole database from the records. view: make artifacts/view anew. none: nothing can bring it back.
 */
export type Mend = 'rerun' | 'rerun-forced' | 'quarantine' | 'rows' | 'rows-and-rerun' | 'rebuild' | 'view' | 'none';

export interface Finding {
  readonly problem: Problem;
  /** All that the finding is about, as in `poison.data: train-images.idx`. Not empty. */
  readonly subjects: readonly string[];
  /** The name of the blob, pack, action, record or artifact; null for what has none. */
  readonly digest: Digest | null;
  /** What was found under that name; null unless altered. */
  readonly found: Digest | null;
  /** The altered or stray file, within the project; null for what is missing or in the database. */
  readonly file: string | null;
  /** In words, where digests do not say it. */
  readonly detail: string | null;
  readonly next: string;
  readonly mend: Mend;
  /** The executions whose results need it, or whose rows it is about. */
  readonly executions: readonly number[];
}

/** `assay verify --json`. */
export interface VerifyReport {
  readonly isSound: boolean;
  /** Each stored file of artifacts, manifests, logs and result records once. */
  readonly blobs: number;
  /** Of all copies. */
  readonly sizeBytes: number;
  /** Bytes not read again because an earlier verify read them; 0 without --since-last and --resume. */
  readonly skippedBytes: number;
  /** Inputs and outputs of all results. */
  readonly artifacts: number;
  readonly actions: number;
  /** Datasets whose claims were recomputed from their records. */
  readonly datasets: number;
  readonly findings: readonly Finding[];
}
