/** Whether a dataset output is what the pipeline says it must be. */
import { canonicalJson, type Json } from '../base/canonical-json.ts';
import { digestRecord, type Digest } from '../base/digest.ts';
import { compareRecords } from '../dataset/compare-records.ts';
import { readDataset } from '../dataset/dataset-folder.ts';
import { SPLIT_NAMES, type Dataset, type SplitName } from '../dataset/dataset.ts';
import { rangesText } from '../dataset/index-ranges.ts';
import { recordManifest } from '../dataset/record-manifest.ts';
import { countPerClass, type Split } from '../dataset/split.ts';
import type { ExpectationRecord } from '../model/run.ts';
import type { Expectation, ExpectationFinding, RecordCount } from '../model/stage.ts';

const EXPECTATION_TAG = 'expectation-check/v1';
const COMPARISONS = ['added', 'removed', 'changed', 'relabelled'] as const;

export interface ExpectationSubject {
  readonly output: string;
  readonly artifact: Digest;
  readonly folder: string;
  /** The folder of the input that `against` names; null when it names none. */
  readonly againstFolder: string | null;
}

export interface CheckedExpectation {
  readonly record: ExpectationRecord;
  /** Where the first few unexpected records are: `train records 17, 4032`. By check; only for breaches. */
  readonly places: Readonly<Partial<Record<ExpectationFinding['check'], string>>>;
}

/** Names a check by all that its finding depends on, so that a cached result is not checked twice. */
export function expectationDigest(artifact: Digest, against: Digest | null, expectation: Expectation): Digest {
  const { location: _, ...wanted } = expectation;
  return digestRecord(EXPECTATION_TAG, { artifact, against, expectation: wanted });
}

/**
 * Checks all that the expectation gives. Records are those to train on; those to test on are compared too when the output has any
 * (a set made only for training says nothing of them), and are never counted. Throws UserError when a folder is no dataset.
 */
export function checkExpectation(expectation: Expectation, subject: ExpectationSubject): CheckedExpectation {
  const findings: ExpectationFinding[] = [];
  const places: Partial<Record<ExpectationFinding['check'], string>> = {};
  const add = (
    check: ExpectationFinding['check'],
    expected: Json,
    found: Json,
    holds = isSame(expected, found),
  ): boolean => {
    findings.push({ check, expected, found, holds });
    return holds;
  };
  const { count, classes, digest, root, max_class_share: share } = expectation;
  if (digest !== undefined) add('digest', digest, subject.artifact);
  const comparisons = COMPARISONS.filter((check) => expectation[check] !== undefined);
  const isOfRecords = [count, classes, share, root].some((given) => given !== undefined) || comparisons.length > 0;
  if (isOfRecords) {
    const dataset = readDataset(subject.folder);
    if (count !== undefined) add('count', count, dataset.train?.count ?? 0);
    if (classes !== undefined) add('classes', classes, countClasses(dataset, Object.keys(classes)));
    if (share !== undefined) {
      const largest = largestClass(dataset);
      // Shown to six digits, compared in full.
      if (!add('max_class_share', share, Number(largest.share.toPrecision(6)), largest.share <= share))
        places.max_class_share = largest.text;
    }
    if (root !== undefined) add('root', root, findRoots(dataset, Object.keys(root)));
    if (comparisons.length > 0 && subject.againstFolder !== null) {
      const changes = compareDatasets(readDataset(subject.againstFolder), dataset);
      for (const check of comparisons) {
        const expected = expectation[check] as RecordCount;
        const { found, unexpected } = countChanges(changes, check, expected, dataset.classes);
        if (!add(check, expected, found)) places[check] = describePlaces(changes, check, unexpected);
      }
    }
  }
  return { record: { output: subject.output, holds: findings.every(({ holds }) => holds), findings }, places };
}

/** One line for each breach: `added: expected 600, found 598: train records 60000-60597`. */
export function describeBreaches({ record, places }: CheckedExpectation): readonly string[] {
  return record.findings
    .filter(({ holds }) => !holds)
    .map(({ check, expected, found }) => {
      const where = places[check] === undefined || places[check] === '' ? '' : `: ${places[check]}`;
      const most = check === 'max_class_share' ? 'at most ' : '';
      return `${check}: expected ${most}${show(expected)}, found ${show(found)}${where}`;
    });
}

interface SplitChanges extends Record<(typeof COMPARISONS)[number], readonly number[]> {
  readonly split: SplitName;
  /** The class under which a record counts: its new label when it was added, else its old one. */
  readonly labelOf: (check: (typeof COMPARISONS)[number], index: number) => number;
}

function compareDatasets(before: Dataset, after: Dataset): readonly SplitChanges[] {
  return SPLIT_NAMES.filter((split) => split === 'train' || after[split] !== null).map((split) => {
    const empty = emptySplit(after);
    const [old, now] = [before[split] ?? empty, after[split] ?? empty];
    const { added, removed, changed, relabelled } = compareRecords(old, now);
    const labelOf: SplitChanges['labelOf'] = (check, index) => (check === 'added' ? now : old).labels[index] as number;
    return { split, added, removed, changed, relabelled, labelOf };
  });
}

function emptySplit({ shape }: Dataset): Split {
  return { images: new Uint8Array(0), labels: new Uint8Array(0), shape, count: 0 };
}

/** In the form of what is expected: a number, or one for each class that is named or occurs. Unexpected: whether a class deviates. */
function countChanges(
  changes: readonly SplitChanges[],
  check: (typeof COMPARISONS)[number],
  expected: RecordCount,
  classes: readonly string[],
): { found: Json; unexpected: (label: number) => boolean } {
  const labels = changes.flatMap((change) => change[check].map((index) => change.labelOf(check, index)));
  if (typeof expected === 'number') return { found: labels.length, unexpected: () => true };
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const found: Record<string, number | null> = {};
  const wanted = new Map<number, number>();
  for (const [name, count] of Object.entries(expected)) {
    const label = findClass(name, classes);
    found[name] = label === undefined ? null : (counts.get(label) ?? 0);
    if (label !== undefined) wanted.set(label, count);
  }
  for (const [label, count] of [...counts].sort(([a], [b]) => a - b)) {
    if (!wanted.has(label)) found[classes[label] ?? String(label)] = count;
  }
  return { found, unexpected: (label) => (counts.get(label) ?? 0) !== (wanted.get(label) ?? 0) };
}

/** By the class's name, else by its index. */
function findClass(text: string, classes: readonly string[]): number | undefined {
  const named = classes.indexOf(text);
  const label = named >= 0 ? named : /^\d+$/.test(text) ? Number(text) : -1;
  return label >= 0 && label < classes.length ? label : undefined;
}

/** For each label asked for, as asked: by the class's name or its index. Null where there is no such class. */
function countClasses({ classes, train }: Dataset, labels: readonly string[]): Record<string, number | null> {
  const counts = countPerClass(train?.labels ?? new Uint8Array(0), classes.length);
  return Object.fromEntries(
    labels.map((text) => {
      const label = findClass(text, classes);
      return [text, label === undefined ? null : (counts[label] as number)];
    }),
  );
}

function largestClass({ classes, train }: Dataset): { share: number; text: string } {
  const total = train?.count ?? 0;
  if (train === null || total === 0) return { share: 0, text: 'no records' };
  const counts = countPerClass(train.labels, classes.length);
  const most = Math.max(...counts);
  const label = counts.indexOf(most);
  return { share: most / total, text: `class ${classes[label]}: ${most} of ${total}` };
}

function findRoots(dataset: Dataset, splits: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    splits.map((name) => {
      const split = dataset[name as SplitName];
      return [name, split === null ? null : recordManifest(split, dataset.classes.length).root];
    }),
  );
}

function describePlaces(
  changes: readonly SplitChanges[],
  check: (typeof COMPARISONS)[number],
  isUnexpected: (label: number) => boolean,
): string {
  return changes
    .flatMap((change) => {
      const indexes = change[check].filter((index) => isUnexpected(change.labelOf(check, index)));
      return indexes.length === 0 ? [] : [`${change.split} records ${rangesText(indexes)}`];
    })
    .join('; ');
}

/** Whatever the order of a map's keys: the pipeline file and the check may name classes in different ones. */
function isSame(expected: Json, found: Json): boolean {
  return canonicalJson(expected) === canonicalJson(found);
}

function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
