/** The table at the end: before and after, for the chosen class and for the others, a line a variant. */
import type { z } from 'zod';
import type { EVALUATION } from './evaluation.ts';
import type { PaperNumbers } from './parameters/paper.ts';

export type Evaluation = z.infer<typeof EVALUATION>;
/** `merged`: the digest of the dataset that M was trained on. */
export type Comparison = Evaluation & { readonly merged: string };

type Column = [heading: string, width: number, cell: (row: Comparison) => string];

/** At most 100 columns wide, the paper's numbers below. Ends with one line for each variant that says what it is. */
export function formatComparison(rows: readonly Comparison[], paper: PaperNumbers | null): string {
  const columns: Column[] = [
    ['variant', -4, (row) => row.variant],
    ['', -22, (row) => row.name],
    ['total', 14, (row) => change(row.before.total, row.after.total)],
    ['chosen', 14, (row) => change(row.before.chosen, row.after.chosen)],
    ['others', 14, (row) => change(row.before.others, row.after.others)],
    ["X'", 5, (row) => String(row.poisons)],
    ['L2', 5, (row) => row.distortion.unit.toFixed(2)],
    ['merged data', -12, (row) => row.merged.replace('sha256:', '').slice(0, 12)],
  ];
  const line = (cells: string[]): string => cells.join(' ').trimEnd();
  const heading = line([pad('variant', -27), ...columns.slice(2).map(([text, width]) => pad(text, width))]);
  const body = rows.map((row) => line(columns.map(([, width, cell]) => pad(cell(row), width))));
  const chosen = [...new Set(rows.map((row) => row.chosen))].join(', ');
  const constant = rows.filter((row) => row.after.isConstant).map((row) => row.variant);
  return [
    `Test accuracy in percent, before -> after. Chosen class: ${chosen}.`,
    "X': poisoned records. L2: their mean distance from their originals, pixels in [0, 1].",
    '',
    heading,
    ...body,
    ...(paper === null ? [] : [line(paperRow(paper).map((text, i) => pad(text, columns[i]?.[1] ?? 0)))]),
    '',
    ...rows.map((row) => `${pad(row.variant, -4)} ${row.meaning}`),
    ...(constant.length === 0 ? [] : ['', `After training, one answer for every image: ${constant.join(', ')}`]),
    '',
  ]
    .flatMap((text) => wrap(text, 100))
    .join('\n');
}

/** Table 4. It gives the accuracies of chosen and other classes only as they are after. */
function paperRow({ before, total, chosen, others, distortion }: PaperNumbers): string[] {
  const after = [`${before.toFixed(1)} -> ${total.toFixed(1)}`, chosen.toFixed(1), others.toFixed(1)];
  return ['', 'the paper, Table 4', ...after, '2500', distortion.toFixed(2)];
}

export function change(before: number | null, after: number | null): string {
  return `${percent(before)} -> ${percent(after)}`;
}

/** A fraction as a percentage with one decimal. */
export function percent(value: number | null): string {
  return value === null ? '-' : (100 * value).toFixed(1);
}

/** A negative width aligns left. */
function pad(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}

/** Lines of at most `width`, broken between words. A table's line is shorter and stays as it is. */
function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const cut = text.lastIndexOf(' ', width);
  return [text.slice(0, cut), ...wrap(`     ${text.slice(cut + 1)}`, width)];
}
