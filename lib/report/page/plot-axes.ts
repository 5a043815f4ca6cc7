/** Plots of a stage's metrics over an axis of its matrix. */
import { compareUtf8 } from '../../base/canonical-json.ts';
import { groupBy } from '../../base/group-by.ts';
import type { Scalar } from '../../model/stage.ts';
import { formatMetric } from '../quantities.ts';
import { flatten, type MetricValues } from './metric-values.ts';
import { lineEncodings, MOST_LINES, summarise, type Plot, type Point } from './plot.ts';
import type { KnownDocument } from './section-metrics.ts';

/** Of one stage: a page of forty plots is read by nobody. The tables have all. */
const MOST_PLOTS = 8;
/** Words fill an axis sooner than numbers. */
const MOST_CATEGORIES = 24;
/** Runs that differ in these alone are repetitions: they share a line, which goes through their mean. */
const REPETITIONS: ReadonlySet<string> = new Set(['seed']);
/** What an experiment is judged by comes first. */
const JUDGED = /(^|[._])(chosen|others|total|accuracy|auroc|recall|loss)/i;

interface Axis {
  readonly name: string;
  readonly isNumber: boolean;
}

interface Place {
  readonly coordinates: Readonly<Record<string, Scalar>>;
  readonly values: MetricValues;
}

export function plotAxes(documents: readonly KnownDocument[]): Plot[] {
  const groups = groupBy(documents, ({ stage, output }) => `${stage}.${output}`);
  return [...groups].flatMap(([name, group]) => {
    const places = group.map(({ coordinates, value }) => ({ coordinates, values: flatten(value) }));
    const axis = chooseAxis(places);
    return axis === undefined ? [] : plotStage(name, axis, places);
  });
}

/** Of the numeric axes that with the most values; without one, words of which there are enough to compare. */
function chooseAxis(places: readonly Place[]): Axis | undefined {
  const names = [...new Set(places.flatMap(({ coordinates }) => Object.keys(coordinates)))];
  const axes = names
    .filter((name) => !REPETITIONS.has(name))
    .map((name) => {
      const values = new Set(places.map(({ coordinates }) => coordinates[name]));
      return { name, count: values.size, isNumber: [...values].every((value) => typeof value === 'number') };
    });
  const byCount = (a: { count: number }, b: { count: number }): number => b.count - a.count;
  const numeric = axes.filter(({ isNumber, count }) => isNumber && count >= 2).sort(byCount);
  const words = axes.filter(({ isNumber, count }) => !isNumber && count >= 3 && count <= MOST_CATEGORIES).sort(byCount);
  return numeric[0] ?? words[0];
}

function plotStage(name: string, axis: Axis, places: readonly Place[]): Plot[] {
  const axes = new Set(places.flatMap(({ coordinates }) => Object.keys(coordinates)));
  const metrics = [...new Set(places.flatMap(({ values }) => [...values.keys()]))].filter((metric) => {
    const column = places.map(({ values }) => values.get(metric));
    const isNumeric = column.every((value) => value === undefined || value === null || typeof value === 'number');
    return isNumeric && new Set(column).size > 1 && !axes.has(metric.slice(metric.lastIndexOf('.') + 1));
  });
  const ranked = [...metrics].sort((a, b) => rank(a) - rank(b));
  const shown = ranked.slice(0, MOST_PLOTS);
  const note = shown.length === metrics.length ? '' : `${shown.length} of ${metrics.length} metrics of ${name} plotted`;
  return shown.map((metric, i) => plotMetric(name, axis, metric, places, i === 0 ? note : ''));
}

function rank(metric: string): number {
  return (JUDGED.test(metric) ? 0 : 2) + (metric.startsWith('before.') ? 1 : 0);
}

function plotMetric(name: string, axis: Axis, metric: string, places: readonly Place[], note: string): Plot {
  const all = places.flatMap(({ coordinates, values }): Point[] => {
    const [x, y] = [coordinates[axis.name], values.get(metric)];
    if (x === undefined || typeof y !== 'number') return [];
    const others = Object.entries(coordinates).filter(([other]) => other !== axis.name && !REPETITIONS.has(other));
    const line = others.map(([other, value]) => `${other} ${value}`).join(', ');
    return [{ x: typeof x === 'number' ? x : String(x), y, line }];
  });
  const points = [...all].sort((a, b) =>
    axis.isNumber ? Number(a.x) - Number(b.x) : compareUtf8(String(a.x), String(b.x)),
  );
  const lines = [...new Set(all.map(({ line }) => line))];
  const drawn = lines.slice(0, MOST_LINES);
  const x = {
    field: 'x',
    title: axis.name,
    ...(axis.isNumber
      ? { type: 'quantitative', scale: { zero: false, padding: 8 } }
      : { type: 'nominal', sort: null, axis: { labelAngle: -40 } }),
  };
  const y = { type: 'quantitative', title: metric, scale: { zero: false } };
  const { strokeDash, ...encodings } = lineEncodings(drawn, true);
  const dashes = strokeDash === undefined ? {} : { strokeDash };
  const marks = { mark: { type: 'point', filled: true, size: 45 }, encoding: { y: { ...y, field: 'y' } } };
  const means = {
    mark: { type: 'line', strokeWidth: 2 },
    encoding: { y: { ...y, field: 'y', aggregate: 'mean' }, ...dashes },
  };
  const notes = [note, ...(lines.length > drawn.length ? [`${drawn.length} of ${lines.length} lines drawn`] : [])];
  return {
    title: `${name}: ${metric} over ${axis.name}`,
    view: {
      data: { values: points.filter(({ line }) => drawn.includes(line)).map((point) => ({ ...point })) },
      encoding: { x, ...encodings },
      layer: axis.isNumber ? [means, marks] : [marks],
    },
    summary: `${metric} over ${axis.name}. ${summarise(
      points.filter(({ line }) => drawn.includes(line)),
      formatMetric,
    )}`,
    numbers: null,
    note: notes.filter((each) => each !== '').join(', '),
  };
}
