/** A plot before it is drawn: what it shows, in the words of Vega-Lite and in those of a reader who cannot see it. */
import type { JsonObject } from '../../base/canonical-json.ts';
import type { Table } from './markup.ts';

export interface Plot {
  readonly title: string;
  /** A Vega-Lite view without size, colours and configuration: those are the same for all. */
  readonly view: JsonObject;
  /** One or two sentences: the extremes, the ends. */
  readonly summary: string;
  /** What is drawn, in numbers; null where a table on the page has them already. */
  readonly numbers: Table | null;
  /** What is not drawn, such as `8 of 300 instances drawn`; empty when all is. */
  readonly note: string;
}

/** As many lines as colours and dashes tell apart. */
export const MOST_LINES = 8;

/** Two names of this length stand side by side in a legend. */
const LONGEST_IN_PAIRS = 16;

/** One point of a line. `line` names it in the legend. */
export interface Point {
  readonly x: number | string;
  readonly y: number;
  readonly line: string;
}

/**
 * Colour and form, and on lines dashes too, say the same: a plot is read in grey. The legend shows forms where points are marked, else
 * dashes. Nothing where there is but one line.
 */
export function lineEncodings(lines: readonly string[], hasMarks: boolean): JsonObject {
  if (lines.length < 2) return {};
  const columns = lines.some((line) => line.length > LONGEST_IN_PAIRS) ? 1 : 2;
  const legend = { title: null, orient: 'bottom', columns, labelLimit: 300 };
  const channel = (range: readonly (string | number[])[], isInLegend: boolean): JsonObject => ({
    field: 'line',
    type: 'nominal',
    scale: { domain: [...lines], range: range.slice(0, lines.length) },
    legend: isInLegend ? legend : null,
  });
  return {
    color: channel(COLORS, true),
    strokeDash: channel(DASHES, !hasMarks),
    ...(hasMarks ? { shape: channel(SHAPES, true) } : {}),
  };
}

/** Names of the page's colours, which its style gives for light and for dark. */
export const COLORS: readonly string[] = [1, 2, 3, 4, 5, 6, 7, 8].map((each) => `var(--s${each})`);

const DASHES: readonly number[][] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
];
const SHAPES: readonly string[] = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'square',
  'circle',
];

/** `loss from 2.31 to 0.042`, for each line: first and last, lowest and highest. */
export function summarise(points: readonly Point[], formatNumber: (value: number) => string): string {
  const lines = [...new Set(points.map(({ line }) => line))];
  return lines
    .slice(0, MOST_LINES)
    .map((line) => {
      const ys = points.filter((point) => point.line === line).map(({ y }) => y);
      const [first = 0, last = 0] = [ys[0], ys.at(-1)];
      const name = lines.length === 1 && line === '' ? '' : `${line}: `;
      const extremes = `lowest ${formatNumber(Math.min(...ys))}, highest ${formatNumber(Math.max(...ys))}`;
      return `${name}from ${formatNumber(first)} to ${formatNumber(last)}, ${extremes}`;
    })
    .join('; ');
}
