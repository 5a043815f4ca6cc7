/** Which stored datasets hold a record: every record of every dataset is digested anew, nothing remembered is believed. */
import type { Digest } from '../../base/digest.ts';
import { UserError } from '../../base/errors.ts';
import { INFO_FILE, readDatasetFiles } from '../../dataset/dataset-folder.ts';
import { type Dataset, SPLIT_NAMES, type SplitName } from '../../dataset/dataset.ts';
import { DIGEST_BYTES, digestAt, recordDigests } from '../../dataset/record-digest.ts';
import type { ArtifactStore } from '../../store/artifact-store.ts';

/** Where one dataset holds the record. */
export interface Holding {
  readonly artifact: Digest;
  readonly split: SplitName;
  /** A record may stand there more than once. Ascending. */
  readonly indexes: readonly number[];
  readonly label: number;
  /** The label's name in this dataset. */
  readonly className: string;
}

export interface RecordSearch {
  /** 64 hex digits, each of a record whose digest begins as asked. */
  readonly records: ReadonlyMap<string, readonly Holding[]>;
  /** Datasets that were searched. */
  readonly searched: number;
  /** Known by the lineage and not readable any more: whether they held it cannot be told. */
  readonly unreadable: readonly Digest[];
}

/** `hex`: the first digits of a record's digest, or all. 60,000 records of MNIST take about 0.2 s. */
export function findRecord(store: ArtifactStore, candidates: readonly Digest[], hex: string): RecordSearch {
  const records = new Map<string, Holding[]>();
  const unreadable: Digest[] = [];
  let searched = 0;
  for (const artifact of candidates) {
    const dataset = openStored(store, artifact);
    if (dataset === 'unreadable') unreadable.push(artifact);
    if (dataset === 'unreadable' || dataset === 'no-dataset') continue;
    searched++;
    for (const name of SPLIT_NAMES) {
      for (const [record, indexes] of matchesIn(dataset, name, hex)) {
        const label = dataset[name]?.labels[indexes[0] as number] as number;
        const holding = { artifact, split: name, indexes, label, className: dataset.classes[label] ?? String(label) };
        records.set(record, [...(records.get(record) ?? []), holding]);
      }
    }
  }
  return { records, searched, unreadable };
}

/** The digest of the record at a place, as 64 hex digits; undefined when there is none. Throws what the store throws. */
export function recordAt(store: ArtifactStore, artifact: Digest, split: SplitName, index: number): string | undefined {
  const dataset = openStored(store, artifact);
  const records = typeof dataset === 'string' ? null : dataset[split];
  if (records === null || index >= records.count) return undefined;
  return Buffer.from(digestAt(recordDigests(records), index)).toString('hex');
}

/** Verified by content. */
export function openStored(store: ArtifactStore, artifact: Digest): Dataset | 'no-dataset' | 'unreadable' {
  try {
    const blobs = new Map(store.readManifest(artifact).entries.map(({ path, blob }) => [path, blob]));
    if (!blobs.has(INFO_FILE)) return 'no-dataset';
    return readDatasetFiles((name) => {
      const blob = blobs.get(name);
      return blob === undefined ? undefined : store.readBlob(blob);
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return 'unreadable';
  }
}

function matchesIn(dataset: Dataset, name: SplitName, hex: string): Map<string, number[]> {
  const records = dataset[name];
  const matches = new Map<string, number[]>();
  if (records === null) return matches;
  const digests = recordDigests(records);
  const text = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
  const whole = Buffer.from(hex.slice(0, hex.length & ~1), 'hex');
  for (let i = 0; i < records.count; i++) {
    const at = i * DIGEST_BYTES;
    // Bytes first: making text of 60,000 digests costs more than the rest.
    if (text.compare(whole, 0, whole.length, at, at + whole.length) !== 0) continue;
    const digest = text.toString('hex', at, at + DIGEST_BYTES);
    if (!digest.startsWith(hex)) continue;
    matches.set(digest, [...(matches.get(digest) ?? []), i]);
  }
  return matches;
}
