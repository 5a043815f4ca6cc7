/** Two datasets compared record by record: what came, went, was relabelled, changed or only moved, and what the new resembles. */
import { areNumbered } from '../dataset/dataset-manifest.ts';
import { type Dataset, SPLIT_NAMES, type SplitName } from '../dataset/dataset.ts';
import { diffRecords, knownRecords, type RecordDiff } from '../dataset/diff-records.ts';
import { findDuplicates, findRepeated } from '../dataset/find-duplicates.ts';
import { distancesOf, nearestRecords, squaredDistance } from '../dataset/nearest-records.ts';
import { recordRoot } from '../dataset/record-manifest.ts';
import { imageAt, type Split } from '../dataset/split.ts';

/** L2 of the pixels, in the scale 0 to 1 and in the scale 0 to 255. */
export interface Distance {
  readonly unit: number;
  readonly byte: number;
}

/** The record of `a` that a new record of `b` lies nearest to. */
export interface NearestOriginal {
  readonly index: number;
  readonly label: number;
  readonly distance: Distance;
  /** It carries another label than the new record. */
  readonly isLabelConflict: boolean;
}

export interface AddedRecord {
  readonly index: number;
  readonly label: number;
  /** Null when it was not looked for (`nearestFor`), or `a` has no record. */
  readonly nearest: NearestOriginal | null;
}

/** One place of both, other pixels. */
export interface ChangedRecord extends AddedRecord {
  readonly oldLabel: number;
  /** Between the two records at this place. */
  readonly distance: Distance;
}

export interface RelabelledRecord {
  /** Places in `a` and in `b`. */
  readonly a: number;
  readonly b: number;
  readonly oldLabel: number;
  readonly label: number;
}

export interface ClassDiff {
  readonly label: number;
  readonly name: string;
  /** Records in `a` and in `b`. */
  readonly a: number;
  readonly b: number;
  /** By the new label. */
  readonly added: number;
  /** By the old label, and so for `relabelled` and `changed`. */
  readonly removed: number;
  readonly relabelled: number;
  readonly changed: number;
}

export interface SplitDiff {
  readonly split: SplitName;
  readonly verdict: 'equal' | 'reordered' | 'different';
  readonly counts: { readonly a: number; readonly b: number };
  /** Ordered Merkle roots. */
  readonly roots: { readonly a: string; readonly b: string };
  readonly added: readonly AddedRecord[];
  readonly removed: readonly { readonly index: number; readonly label: number }[];
  readonly relabelled: readonly RelabelledRecord[];
  readonly changed: readonly ChangedRecord[];
  readonly moved: readonly { readonly a: number; readonly b: number }[];
  /** Of added and changed records, for how many the nearest original was looked for. */
  readonly nearestFor: { readonly looked: number; readonly of: number };
  /** Groups of places that hold one and the same record. */
  readonly duplicates: { readonly a: readonly (readonly number[])[]; readonly b: readonly (readonly number[])[] };
  /** Groups of places of `b` with the same pixels under several labels. */
  readonly labelConflicts: readonly (readonly number[])[];
  readonly perClass: readonly ClassDiff[];
}

export interface DatasetDiff {
  readonly isEqual: boolean;
  /** Null unless both name their classes, and differently: then a label means another thing. */
  readonly classNames: { readonly a: readonly string[]; readonly b: readonly string[] } | null;
  readonly splits: readonly SplitDiff[];
}

export interface DiffOptions {
  readonly splits: readonly SplitName[];
  /** Nearest originals are looked for of so many added and changed records a split. */
  readonly nearest: number;
}

/** Throws UserError 'dataset-shapes-differ'. */
export function diffDatasets(a: Dataset, b: Dataset, options: DiffOptions): DatasetDiff {
  const names = a.classes.length >= b.classes.length ? a.classes : b.classes;
  const splits = SPLIT_NAMES.filter((name) => options.splits.includes(name))
    .filter((name) => a[name] !== null || b[name] !== null)
    .map((name) => diffSplit(name, a[name] ?? emptySplit(b), b[name] ?? emptySplit(a), names, options.nearest));
  const classNames = differingNames(a.classes, b.classes);
  const isEqual = classNames === null && splits.every(({ verdict }) => verdict === 'equal');
  return { isEqual, classNames, splits };
}

/** Names that are only numbers, as of IDX files, contradict no name. */
export function differingNames(a: readonly string[], b: readonly string[]): DatasetDiff['classNames'] {
  if (areNumbered(a) || areNumbered(b) || a.join('\0') === b.join('\0')) return null;
  return { a, b };
}

function emptySplit({ shape }: Dataset): Split {
  return { images: new Uint8Array(0), labels: new Uint8Array(0), shape, count: 0 };
}

function diffSplit(name: SplitName, a: Split, b: Split, classes: readonly string[], nearest: number): SplitDiff {
  const [before, after] = [knownRecords(a), { ...knownRecords(b), images: b }];
  const diff = diffRecords(before, after);
  const { added, removed, relabelled, changed, moved } = diff;
  const looked = [...added, ...changed].slice(0, nearest);
  const neighbours = nearestRecords(b, looked, a);
  const nearestOf = new Map(looked.map((index, i) => [index, neighbours[i] ?? null]));
  const describe = (index: number): AddedRecord => {
    const found = nearestOf.get(index) ?? null;
    return { index, label: labelAt(b, index), nearest: found && describeNeighbour(found, labelAt(b, index), a) };
  };
  const duplicates = findDuplicates(b);
  const isSame = added.length + removed.length + relabelled.length + changed.length === 0;
  const roots = { a: recordRoot(a), b: recordRoot(b) };
  return {
    split: name,
    verdict: roots.a === roots.b ? 'equal' : isSame ? 'reordered' : 'different',
    counts: { a: a.count, b: b.count },
    roots,
    added: added.map(describe),
    removed: removed.map((index) => ({ index, label: labelAt(a, index) })),
    relabelled: relabelled.map((pair) => ({
      a: pair.before,
      b: pair.after,
      oldLabel: labelAt(a, pair.before),
      label: labelAt(b, pair.after),
    })),
    changed: changed.map((index) => ({
      ...describe(index),
      oldLabel: labelAt(a, index),
      distance: distancesOf(squaredDistance(imageAt(a, index), imageAt(b, index), Infinity)),
    })),
    moved: moved.map((pair) => ({ a: pair.before, b: pair.after })),
    nearestFor: { looked: looked.length, of: added.length + changed.length },
    duplicates: { a: findRepeated(before.digests), b: duplicates.records },
    labelConflicts: duplicates.labelConflicts,
    perClass: countClasses(diff, a, b, classes),
  };
}

function describeNeighbour(
  { index, squared }: { readonly index: number; readonly squared: number },
  label: number,
  a: Split,
): NearestOriginal {
  const own = labelAt(a, index);
  return { index, label: own, distance: distancesOf(squared), isLabelConflict: own !== label };
}

function countClasses(diff: RecordDiff, a: Split, b: Split, classes: readonly string[]): ClassDiff[] {
  const count = (split: Split, indexes: Iterable<number>): number[] => {
    const counts = new Array<number>(classes.length).fill(0);
    for (const index of indexes) counts[labelAt(split, index)]!++;
    return counts;
  };
  const [inA, inB] = [count(a, a.labels.keys()), count(b, b.labels.keys())];
  const added = count(b, diff.added);
  const removed = count(a, diff.removed);
  const changed = count(a, diff.changed);
  const relabelled = count(
    a,
    diff.relabelled.map(({ before }) => before),
  );
  return classes.map((name, label) => ({
    label,
    name,
    a: inA[label] as number,
    b: inB[label] as number,
    added: added[label] as number,
    removed: removed[label] as number,
    relabelled: relabelled[label] as number,
    changed: changed[label] as number,
  }));
}

function labelAt(split: Split, index: number): number {
  return split.labels[index] as number;
}
