/** Plots of series over their steps: a stage's instances as lines, or one instance's measures. */
import { groupBy } from '../../base/group-by.ts';
import { formatMetric } from '../quantities.ts';
import { shortNames } from './coordinates.ts';
import { fieldsOf, type Series } from './find-series.ts';
import type { Table } from './markup.ts';
import { formatAlike } from './metric-values.ts';
import { lineEncodings, MOST_LINES, summarise, type Plot, type Point } from './plot.ts';

/** More points on a line than the plot has pixels for are thinned. */
const MOST_POINTS = 300;
const MOST_ROWS = 40;
/** Points are marked where there are few. */
const MOST_MARKS = 30;

export function plotCurves(series: readonly Series[]): Plot[] {
  const groups = groupBy(series, ({ document, path, order }) =>
    JSON.stringify([document.stage, document.output, path, order]),
  );
  return [...groups.values()].flatMap(plotGroup);
}

function plotGroup(group: readonly Series[]): Plot[] {
  const measuredIn = (field: string): Series[] =>
    group.filter(({ points }) => points.some(({ values }) => values.has(field)));
  const fields = fieldsOf(group);
  const shared = fields.filter((field) => measuredIn(field).length > 1);
  const { document, path } = group[0] as Series;
  const name = `${document.stage}.${document.output}, ${path}`;
  return [
    ...shared.map((field) => plotField(`${name}: ${field}`, field, measuredIn(field), [field])),
    ...group.flatMap((series) =>
      plotOne(
        series,
        fieldsOf([series]).filter((field) => !shared.includes(field)),
      ),
    ),
  ];
}

/** Fractions share a scale and a plot; what has a scale of its own has a plot of its own. */
function plotOne(series: Series, fields: readonly string[]): Plot[] {
  const title = `${series.document.instance}.${series.document.output}, ${series.path}`;
  const fractions = fields.filter((field) => series.points.every(({ values }) => isFraction(values.get(field))));
  const others = fields.filter((field) => !fractions.includes(field));
  const [first, ...more] = fractions;
  return [
    ...others.map((field) => plotField(`${title}: ${field}`, field, [series], [field])),
    ...(first === undefined
      ? []
      : [plotField(`${title}: ${fractions.join(', ')}`, more.length === 0 ? first : 'fraction', [series], fractions)]),
  ];
}

/** Either one field of many series or many fields of one. */
function plotField(title: string, yTitle: string, group: readonly Series[], fields: readonly string[]): Plot {
  const isOne = group.length === 1;
  const drawn = group.slice(0, MOST_LINES);
  const lines = isOne ? fields.slice(0, MOST_LINES) : shortNames(drawn.map(({ document }) => document.instance));
  const count = isOne ? fields.length : group.length;
  const points = lines.flatMap((line, i): Point[] => {
    const { points: of } = (isOne ? group[0] : drawn[i]) as Series;
    const field = (isOne ? fields[i] : fields[0]) as string;
    return of.flatMap(({ x, values }) => {
      const y = values.get(field);
      return y === undefined ? [] : [{ x, y, line }];
    });
  });
  const longest = Math.max(...group.map((each) => each.points.length));
  const step = Math.ceil(longest / MOST_POINTS);
  const xTitle = group[0]?.order ?? '';
  const notes = [
    ...(count > lines.length ? [`${lines.length} of ${count} drawn`] : []),
    ...(step > 1 ? [`every ${step}th point drawn`] : []),
  ];
  return {
    title,
    view: {
      data: { values: thin(points, step).map((point) => ({ ...point })) },
      mark: { type: 'line', point: longest <= MOST_MARKS, strokeWidth: 2 },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative',
          title: xTitle,
          axis: { tickMinStep: 1 },
          scale: { zero: false, nice: false },
        },
        y: { field: 'y', type: 'quantitative', title: yTitle, scale: { zero: false } },
        ...lineEncodings(lines, longest <= MOST_MARKS),
      },
    },
    summary: `${yTitle} over ${xTitle}. ${summarise(points, formatMetric)}`,
    numbers: numbersTable(title, xTitle, lines, points),
    note: notes.join(', '),
  };
}

/** Each line apart: its last point stays, for it is what came of it. */
function thin(points: readonly Point[], step: number): Point[] {
  if (step <= 1) return [...points];
  return [...groupBy(points, ({ line }) => line).values()].flatMap((line) =>
    line.filter((_, i) => i % step === 0 || i === line.length - 1),
  );
}

/** A line a step, a column a line of the plot. */
function numbersTable(title: string, xTitle: string, lines: readonly string[], points: readonly Point[]): Table {
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => Number(a) - Number(b));
  const every = Math.ceil(xs.length / MOST_ROWS);
  const shown = xs.filter((_, i) => i % every === 0 || i === xs.length - 1);
  const at = new Map(points.map(({ x, y, line }) => [`${line}\n${x}`, y]));
  const columns = lines.map((line) => formatAlike(shown.map((x) => at.get(`${line}\n${x}`))));
  return {
    caption: every > 1 ? `${title}, every ${every}th step` : title,
    label: `Numbers of ${title}`,
    columns: [{ head: xTitle, isNumber: true }, ...lines.map((line) => ({ head: line || 'value', isNumber: true }))],
    rows: shown.map((x, row) => [String(x), ...columns.map((column) => column[row] ?? '')]),
  };
}

function isFraction(value: number | undefined): boolean {
  return value === undefined || (value >= 0 && value <= 1);
}
