/** Whether a dataset output is what the pipeline says it must be. */
import type { Json } from '../base/canonical-json.ts';
import { digestRecord, type Digest } from '../base/digest.ts';
import { compareRecords } from '../dataset/compare-records.ts';
import { readDataset } from '../dataset/dataset-folder.ts';
import { SPLIT_NAMES, type Dataset, type SplitName } from '../dataset/dataset.ts';
import type { Split } from '../dataset/split.ts';
import type { ExpectationRecord } from '../model/run.ts';
import type { Expectation, ExpectationFinding } from '../model/stage.ts';

const EXPECTATION_TAG = 'expectation-check/v1';
const COMPARISONS = ['added', 'removed', 'changed'] as const;
const MOST_INDEXES = 5;

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
  const add = (check: ExpectationFinding['check'], expected: Json, found: Json): boolean => {
    const holds = JSON.stringify(expected) === JSON.stringify(found);
    findings.push({ check, expected, found, holds });
    return holds;
  };
  if (expectation.digest !== undefined) add('digest', expectation.digest, subject.artifact);
  const { count, classes } = expectation;
  const comparisons = COMPARISONS.filter((check) => expectation[check] !== undefined);
  if (count !== undefined || classes !== undefined || comparisons.length > 0) {
    const dataset = readDataset(subject.folder);
    if (count !== undefined) add('count', count, dataset.train?.count ?? 0);
    if (classes !== undefined) add('classes', classes, countClasses(dataset, Object.keys(classes)));
    if (comparisons.length > 0 && subject.againstFolder !== null) {
      const changes = compareDatasets(readDataset(subject.againstFolder), dataset);
      for (const check of comparisons) {
        const found = changes.map(({ [check]: indexes }) => indexes.length).reduce((a, b) => a + b, 0);
        if (!add(check, expectation[check] as number, found)) places[check] = describePlaces(changes, check);
      }
    }
  }
  return { record: { output: subject.output, holds: findings.every(({ holds }) => holds), findings }, places };
}

/** One line for each breach: `added: expected 600, found 598: train records 60000, 60001, 60002, …`. */
export function describeBreaches({ record, places }: CheckedExpectation): readonly string[] {
  return record.findings
    .filter(({ holds }) => !holds)
    .map(({ check, expected, found }) => {
      const where = places[check] === undefined || places[check] === '' ? '' : `: ${places[check]}`;
      return `${check}: expected ${show(expected)}, found ${show(found)}${where}`;
    });
}

interface SplitChanges extends Record<(typeof COMPARISONS)[number], readonly number[]> {
  readonly split: SplitName;
}

function compareDatasets(before: Dataset, after: Dataset): readonly SplitChanges[] {
  return SPLIT_NAMES.filter((split) => split === 'train' || after[split] !== null).map((split) => {
    const empty = emptySplit(after);
    const { added, removed, changed } = compareRecords(before[split] ?? empty, after[split] ?? empty);
    return { split, added, removed, changed };
  });
}

function emptySplit({ shape }: Dataset): Split {
  return { images: new Uint8Array(0), labels: new Uint8Array(0), shape, count: 0 };
}

/** For each label asked for, as asked: by the class's name or its index. Null where there is no such class. */
function countClasses({ classes, train }: Dataset, labels: readonly string[]): Record<string, number | null> {
  return Object.fromEntries(
    labels.map((label) => {
      const named = classes.indexOf(label);
      const index = named >= 0 ? named : /^\d+$/.test(label) ? Number(label) : -1;
      if (index < 0 || index >= classes.length) return [label, null];
      return [label, train === null ? 0 : train.labels.reduce((sum, found) => sum + Number(found === index), 0)];
    }),
  );
}

function describePlaces(changes: readonly SplitChanges[], check: (typeof COMPARISONS)[number]): string {
  return changes
    .filter(({ [check]: indexes }) => indexes.length > 0)
    .map(({ split, [check]: indexes }) => {
      const more = indexes.length > MOST_INDEXES ? ', …' : '';
      return `${split} records ${indexes.slice(0, MOST_INDEXES).join(', ')}${more}`;
    })
    .join('; ');
}

function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
