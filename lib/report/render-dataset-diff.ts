/** Two datasets compared, as text: a line for what happened, a table by class, the new records beside their nearest originals. */
import type { AddedRecord, ChangedRecord, Distance, SplitDiff } from '../audit/diff-datasets.ts';
import type { DatasetDiff } from '../audit/diff-datasets.ts';
import { rangesText } from '../dataset/index-ranges.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './quantities.ts';
import { alignColumns, singleLine } from './table.ts';

/** `assay audit diff --json`. */
export interface DatasetDiffJson extends DatasetDiff {
  readonly a: NamedDataset;
  readonly b: NamedDataset;
}

export interface NamedDataset {
  readonly name: string;
  readonly form: string;
  readonly artifact: string | null;
}

/** The rest is in the JSON and on the page. */
const MOST_RECORDS = 5;

export function renderDatasetDiff(diff: DatasetDiffJson, colors: Colors): string[] {
  return [
    ...alignColumns([datasetRow('a', diff.a), datasetRow('b', diff.b)]),
    ...(diff.classNames === null ? [] : ['', colors.red(classNamesText(diff.classNames))]),
    ...diff.splits.flatMap((split) => ['', ...renderSplit(split, colors)]),
  ];
}

export function classNamesText({ a, b }: NonNullable<DatasetDiff['classNames']>): string {
  return `the classes have other names: ${a.join(', ')} in a, ${b.join(', ')} in b`;
}

/** `128 new, all labelled 7 · 1 relabelled`, or that nothing differs. */
export function splitSummary(split: SplitDiff): string {
  const { verdict, added, removed, relabelled, changed, moved } = split;
  if (verdict === 'equal') return `the same ${split.counts.b.toLocaleString('en')} records in the same order`;
  const parts = [
    ...part(added.length, 'new', labelsText(split, added)),
    ...part(removed.length, 'removed', labelsText(split, removed)),
    ...part(relabelled.length, 'relabelled', ''),
    ...part(changed.length, 'changed', ''),
    ...part(moved.length, 'moved', ''),
  ];
  return parts.join('; ');
}

/** A count for every class, and one row for all; only classes that have records. */
export function classRows(split: SplitDiff): { readonly head: string[]; readonly rows: string[][] } {
  const shown = split.perClass.filter(({ a, b }) => a > 0 || b > 0);
  const columns = ['added', 'removed', 'relabelled', 'changed'] as const;
  const numbers = (row: (typeof shown)[number]): number[] => [row.a, row.b, ...columns.map((column) => row[column])];
  const sums = shown
    .map(numbers)
    .reduce((sum, row) => sum.map((value, i) => value + (row[i] as number)), [0, 0, 0, 0, 0, 0]);
  const cells = (row: readonly number[]): string[] =>
    row.map((value, i) => (i > 1 && value === 0 ? '' : String(value)));
  return {
    head: ['class', 'a', 'b', ...columns],
    rows: [...shown.map((row) => [classText(split, row.label), ...cells(numbers(row))]), ['all', ...cells(sums)]],
  };
}

/** `7`, or `7 Sneaker` where the class has a name beside its number. */
export function classText({ perClass }: SplitDiff, label: number): string {
  const name = singleLine(perClass[label]?.name ?? '');
  return name === '' || name === String(label) ? String(label) : `${label} ${name}`;
}

/** `1.17 / 298`: pixels in 0 to 1, and in 0 to 255. */
export function distanceText({ unit, byte }: Distance): string {
  return `${round(unit)} / ${round(byte)}`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function datasetRow(letter: string, { name, form, artifact }: NamedDataset): string[] {
  return [letter, name, artifact === null ? `${form} files` : `artifact ${artifact.slice('sha256:'.length, 19)}`];
}

function part(count: number, what: string, rest: string): string[] {
  return count === 0 ? [] : [`${count.toLocaleString('en')} ${what}${rest}`];
}

function labelsText(split: SplitDiff, records: readonly { readonly label: number }[]): string {
  const labels = new Set(records.map(({ label }) => label));
  const [only] = labels;
  if (only === undefined || labels.size > 1) return '';
  return `, ${records.length === 1 ? '' : 'all '}labelled ${classText(split, only)}`;
}

function renderSplit(split: SplitDiff, colors: Colors): string[] {
  const summary = splitSummary(split);
  const head = `${colors.bold(split.split)}  ${split.verdict === 'equal' ? colors.green(summary) : colors.red(summary)}`;
  const { head: columns, rows } = classRows(split);
  return [
    head,
    ...(split.verdict === 'equal' ? [] : indent(placeLines(split))),
    ...(split.verdict !== 'different'
      ? []
      : ['', ...indent(alignColumns([columns, ...rows], { right: [1, 2, 3, 4, 5, 6] }))]),
    ...renderNearest(split, colors),
    ...indent(repetitionLines(split)),
  ];
}

/** What happened, and where: `new  2000-2127`. */
function placeLines(split: SplitDiff): string[] {
  const places = (title: string, indexes: readonly number[], where: string): string[][] =>
    indexes.length === 0 ? [] : [[title, `${where} ${rangesText(indexes)}`]];
  return alignColumns([
    ...places('new', indexesOf(split.added), 'b'),
    ...places('removed', indexesOf(split.removed), 'a'),
    ...relabelledRows(split),
    ...places('changed', indexesOf(split.changed), 'a and b'),
    ...movedRows(split),
  ]);
}

function relabelledRows(split: SplitDiff): string[][] {
  const shown = split.relabelled.slice(0, MOST_RECORDS).map(({ a, b, oldLabel, label }) => {
    const place = a === b ? String(a) : `${a} -> ${b}`;
    return `${place} (${classText(split, oldLabel)} -> ${classText(split, label)})`;
  });
  return listRow('relabelled', shown, split.relabelled.length);
}

function movedRows(split: SplitDiff): string[][] {
  const shown = split.moved.slice(0, MOST_RECORDS).map(({ a, b }) => `${a} -> ${b}`);
  return listRow('moved', shown, split.moved.length);
}

function listRow(title: string, shown: readonly string[], count: number): string[][] {
  return count === 0 ? [] : [[title, [...shown, ...(count > shown.length ? ['…'] : [])].join(', ')]];
}

/** New and changed records with the original that each lies nearest to. */
function renderNearest(split: SplitDiff, colors: Colors): string[] {
  const records: readonly AddedRecord[] = [...split.added, ...split.changed];
  const rows = records.slice(0, MOST_RECORDS).flatMap((record) => nearestRow(split, record));
  if (rows.length === 0) return [];
  const { looked, of } = split.nearestFor;
  const conflicts = records.filter(({ nearest }) => nearest?.isLabelConflict === true).length;
  const head = ['record', 'label', 'nearest in a', 'label', 'L2 in 0..1 / 0..255'];
  const conflictText = conflicts === 0 ? 'under the same label' : colors.red(`${conflicts} under another label`);
  const more = looked < of ? ' (--nearest all for the rest)' : '';
  return [
    '',
    ...indent(alignColumns([head, ...rows])),
    `  nearest original of ${looked} of ${of.toLocaleString('en')}: ${conflictText}${more}; --json lists them, --html shows them`,
  ];
}

function nearestRow(split: SplitDiff, record: AddedRecord | ChangedRecord): string[][] {
  const { nearest } = record;
  if (nearest === null) return [];
  const conflict = nearest.isLabelConflict ? ' (another)' : '';
  return [
    [
      String(record.index),
      classText(split, record.label),
      String(nearest.index),
      classText(split, nearest.label) + conflict,
      distanceText(nearest.distance),
    ],
  ];
}

/** Repetitions are said of b alone, and only where a had not as many. */
function repetitionLines({ duplicates, labelConflicts }: SplitDiff): string[] {
  const lines: string[] = [];
  if (duplicates.b.length > 0) {
    const first = duplicates.b[0]!.slice(0, MOST_RECORDS).join(' = ');
    const inA = duplicates.a.length === 0 ? 'none' : String(duplicates.a.length);
    lines.push(
      `${formatCount(duplicates.b.length, 'record')} of b more than once: ${first}${duplicates.b.length > 1 ? ', …' : ''} (in a ${inA})`,
    );
  }
  if (labelConflicts.length > 0) {
    const first = labelConflicts[0]!.slice(0, MOST_RECORDS).join(' = ');
    lines.push(
      `${formatCount(labelConflicts.length, 'image')} of b under several labels: ${first}${labelConflicts.length > 1 ? ', …' : ''}`,
    );
  }
  return lines;
}

function indexesOf(records: readonly { readonly index: number }[]): number[] {
  return records.map(({ index }) => index);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
