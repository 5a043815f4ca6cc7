/** Whether a dataset is the one that a manifest, or another dataset, says it is. */
import { manifestDigests, type DatasetManifest, type SplitManifest } from '../dataset/dataset-manifest.ts';
import { type Dataset, SPLIT_NAMES, type SplitName } from '../dataset/dataset.ts';
import { diffRecords, knownRecords, type RecordDiff } from '../dataset/diff-records.ts';
import { findRepeated } from '../dataset/find-duplicates.ts';
import { digestAt, digestText } from '../dataset/record-digest.ts';
import { recordManifest } from '../dataset/record-manifest.ts';
import type { Split } from '../dataset/split.ts';
import { differingNames } from './diff-datasets.ts';

/** `check` is one word for each way in which a dataset can be wrong; `message` says which and where. */
export interface AuditFinding {
  readonly check:
    | 'unreadable'
    | 'manifest'
    | 'unverifiable'
    | 'claim'
    | 'split'
    | 'shape'
    | 'class-names'
    | 'count'
    | 'class-count'
    | 'order'
    | 'records'
    | 'added'
    | 'removed'
    | 'relabelled'
    | 'changed'
    | 'pin';
  readonly split: SplitName | null;
  readonly message: string;
  /** Places: of the audited dataset for what was added, of the published one for the rest. */
  readonly indexes: readonly number[];
  /** Digests of these records, `sha256:` and hex, in the same order. */
  readonly records: readonly string[];
}

export interface SplitAudit {
  readonly split: SplitName;
  readonly holds: boolean;
  readonly count: number;
  readonly root: string;
  /** Why altered records could not be named, or null. */
  readonly unnamed: string | null;
  /** Places of the audited dataset that hold one and the same record: no fault by itself. */
  readonly duplicates: readonly (readonly number[])[];
}

export interface DatasetAudit {
  readonly holds: boolean;
  readonly findings: readonly AuditFinding[];
  readonly splits: readonly SplitAudit[];
}

/** Compares all that the manifest says; where it lists record digests, names the records too. Throws nothing for what differs. */
export function auditDataset(dataset: Dataset, manifest: DatasetManifest): DatasetAudit {
  const findings: AuditFinding[] = [];
  const report = (check: AuditFinding['check'], split: SplitName | null, message: string): void =>
    void findings.push({ check, split, message, indexes: [], records: [] });
  const names = differingNames(manifest.classes, dataset.classes);
  if (names !== null) {
    report('class-names', null, `the classes are ${names.b.join(', ')}; the manifest says ${names.a.join(', ')}`);
  }
  const isSameShape = dataset.shape.join() === manifest.shape.join();
  if (!isSameShape) {
    report(
      'shape',
      null,
      `the images are ${dataset.shape.join(' x ')}; the manifest says ${manifest.shape.join(' x ')}`,
    );
  }
  const splits: SplitAudit[] = [];
  for (const name of SPLIT_NAMES) {
    const [split, published] = [dataset[name], manifest.splits[name]];
    if (split === null && published === null) continue;
    if (split === null) report('split', name, `there are no ${name} records; the manifest says ${published?.count}`);
    else if (published === null)
      report('split', name, `there are ${split.count} ${name} records; the manifest has none`);
    else splits.push(auditSplit(name, split, published, { dataset, manifest, isSameShape, findings }));
  }
  return { holds: findings.length === 0, findings, splits };
}

interface SplitContext {
  readonly dataset: Dataset;
  readonly manifest: DatasetManifest;
  readonly isSameShape: boolean;
  readonly findings: AuditFinding[];
}

function auditSplit(name: SplitName, split: Split, published: SplitManifest, context: SplitContext): SplitAudit {
  const known = { ...knownRecords(split), images: split };
  const classCount = Math.max(context.dataset.classes.length, published.perClass.length);
  const actual = recordManifest(split, classCount);
  const found: AuditFinding[] = [];
  const report = (check: AuditFinding['check'], message: string): void =>
    void found.push({ check, split: name, message, indexes: [], records: [] });
  if (actual.count !== published.count) {
    report('count', `${actual.count} records; the manifest says ${published.count}`);
  }
  actual.perClass.forEach((count, label) => {
    const said = published.perClass[label] ?? 0;
    if (count !== said) report('class-count', `class ${className(context, label)}: ${count} records, not ${said}`);
  });
  const digests = manifestDigests(published);
  const isSameSet = actual.multiset === published.multiset;
  let unnamed: string | null = null;
  if (actual.root !== published.root || !isSameSet) {
    if (digests !== null && context.isSameShape) {
      const labels = Uint8Array.from(published.records?.labels ?? []);
      const before = { digests, labels, shape: split.shape, images: null };
      found.push(...nameRecords(name, diffRecords(before, known), digests, known.digests));
    } else if (actual.root === published.root) {
      report('manifest', 'the root is right and the multiset is not: the manifest contradicts itself');
    } else {
      const what = isSameSet ? 'the same records in another order' : 'the records are not those of the manifest';
      report(isSameSet ? 'order' : 'records', `${what}: root ${actual.root}, not ${published.root}`);
    }
    if (digests === null) unnamed = 'the manifest lists no record digests (assay manifest --records writes them)';
  }
  context.findings.push(...found);
  const duplicates = findRepeated(known.digests);
  return { split: name, holds: found.length === 0, count: split.count, root: actual.root, unnamed, duplicates };
}

function nameRecords(split: SplitName, diff: RecordDiff, before: Uint8Array, after: Uint8Array): AuditFinding[] {
  const nameAll = (
    check: AuditFinding['check'],
    what: string,
    indexes: readonly number[],
    digests: Uint8Array,
  ): AuditFinding[] =>
    indexes.length === 0
      ? []
      : [{ check, split, message: what, indexes, records: indexes.map((i) => digestText(digestAt(digests, i))) }];
  const placesOf = (pairs: readonly { readonly before: number }[]): number[] => pairs.map((pair) => pair.before);
  return [
    ...nameAll('added', 'records that the manifest has not', diff.added, after),
    ...nameAll('removed', 'records of the manifest are missing', diff.removed, before),
    ...nameAll('relabelled', 'records have the same pixels under another label', placesOf(diff.relabelled), before),
    ...nameAll('changed', 'records are others than in the manifest', diff.changed, before),
    ...nameAll('order', 'records stand elsewhere', placesOf(diff.moved), before),
  ];
}

function className({ dataset, manifest }: SplitContext, label: number): string {
  return manifest.classes[label] ?? dataset.classes[label] ?? String(label);
}
