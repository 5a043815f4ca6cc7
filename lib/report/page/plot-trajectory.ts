/**
 * The recall of the chosen class against the mean recall of the others, from before an attack to after it: a selective attack goes
 * down, one that only damages goes left too. Drawn of any metrics that have these numbers, whatever the experiment.
 */
import type { Json } from '../../base/canonical-json.ts';
import { groupBy } from '../../base/group-by.ts';
import { formatMetric } from '../quantities.ts';
import { shortNames } from './coordinates.ts';
import { formatAlike, isObject } from './metric-values.ts';
import type { RunFacts } from './facts.ts';
import { lineEncodings, MOST_LINES, type Plot } from './plot.ts';
import type { KnownDocument } from './section-metrics.ts';

interface Place {
  readonly chosen: number;
  readonly others: number;
}

interface Way {
  readonly label: string;
  readonly before: Place;
  readonly after: Place;
  /** To after; from before where the training went on from there, and was not anew. */
  readonly places: readonly Place[];
}

const THE_PAPER = 'the paper';
/** Way points beyond this lie upon each other. */
const MOST_PLACES = 120;
/** Ends are points, and may be many. */
const MOST_ENDS = 400;

/** `target`: what the run is held against. */
export function plotTrajectories(documents: readonly KnownDocument[], target: RunFacts['paper']): Plot[] {
  const groups = groupBy(documents, ({ stage, output }) => `${stage}.${output}`);
  return [...groups].flatMap(([name, group]) => {
    const names = shortNames(group.map(({ instance }) => instance));
    const ways = group.flatMap(({ value }, i) => readWay(names[i] ?? '', value));
    return ways.length === 0 ? [] : [plotWays(name, ways, target)];
  });
}

/** Only of a document that has both ends: a training's own trajectory stands in its evaluation too. */
function readWay(label: string, value: Json): Way[] {
  if (!isObject(value)) return [];
  const [before, after] = [readPlace(value.before), readPlace(value.after)];
  if (before === undefined || after === undefined) return [];
  const [trajectory, curve] = [readPlaces(value.trajectory), readPlaces(value.curve)];
  const places = trajectory.length === 0 && curve.length > 0 ? curve : [before, ...trajectory];
  const step = Math.ceil(places.length / MOST_PLACES);
  return [{ label, before, after, places: [...places.filter((_, i) => i % step === 0), after] }];
}

function readPlaces(list: Json | undefined): Place[] {
  return Array.isArray(list) ? list.flatMap((each) => readPlace(each) ?? []) : [];
}

function readPlace(value: Json | undefined): Place | undefined {
  if (!isObject(value)) return undefined;
  const { chosen, others } = value;
  return typeof chosen === 'number' && typeof others === 'number' ? { chosen, others } : undefined;
}

function plotWays(name: string, ways: readonly Way[], target: RunFacts['paper']): Plot {
  const drawn = ways.slice(0, MOST_LINES);
  const points = drawn.flatMap(({ label, places }) => places.map((place, order) => ({ ...place, line: label, order })));
  const ends = (ways.length > MOST_LINES ? ways.slice(0, MOST_ENDS) : drawn).map(({ label, after }) => ({
    ...after,
    line: label,
  }));
  const position = {
    x: {
      field: 'others',
      type: 'quantitative',
      title: 'mean recall of the other classes',
      scale: { zero: false, padding: 10 },
    },
    y: {
      field: 'chosen',
      type: 'quantitative',
      title: 'recall of the chosen class',
      scale: { zero: false, padding: 10 },
    },
  };
  const encodings = lineEncodings(
    drawn.map(({ label }) => label),
    true,
  );
  const { color, shape, strokeDash } = encodings;
  const marks = ways.length > MOST_LINES ? {} : { ...(color === undefined ? {} : { color, shape: shape ?? null }) };
  const paper = target === null ? [] : targetLayers(target, position);
  return {
    title: `${name}: the chosen class against the others`,
    view: {
      layer: [
        {
          data: { values: points },
          mark: { type: 'line', strokeWidth: 1.75 },
          encoding: {
            ...position,
            order: { field: 'order', type: 'quantitative' },
            ...(color === undefined ? { detail: { field: 'line' } } : { color, strokeDash: strokeDash ?? null }),
          },
        },
        {
          data: { values: ends },
          mark: {
            type: 'point',
            filled: true,
            ...(ways.length > MOST_LINES ? { size: 25, opacity: 0.5 } : { size: 80, opacity: 1 }),
          },
          encoding: { ...position, ...marks },
        },
        ...paper,
      ],
    },
    summary: summaryOf(drawn, target),
    numbers: {
      caption: `${name}: recall before and after`,
      label: `Numbers of ${name}: the chosen class against the others`,
      columns: [
        { head: 'Instance' },
        ...['Chosen before', 'Chosen after', 'Others before', 'Others after'].map((head) => ({ head, isNumber: true })),
      ],
      rows: [
        ...endRows(ways.slice(0, MOST_ENDS)),
        ...(target === null ? [] : [[THE_PAPER, '', formatMetric(target.chosen), '', formatMetric(target.others)]]),
      ],
    },
    note:
      ways.length > drawn.length
        ? `the ways of ${drawn.length} of ${ways.length} instances drawn, the ends of ${ends.length}`
        : '',
  };
}

function targetLayers(target: Place, position: object): Json[] {
  const values = [{ chosen: target.chosen, others: target.others, text: THE_PAPER }];
  const at = { ...position } as Record<string, Json>;
  return [
    {
      data: { values },
      mark: {
        type: 'point',
        shape: 'cross',
        size: 130,
        strokeWidth: 2,
        color: 'currentColor',
        filled: false,
        opacity: 1,
      },
      encoding: at,
    },
    {
      data: { values },
      mark: { type: 'text', dy: -13, color: 'currentColor', align: 'center' },
      encoding: { ...at, text: { field: 'text' } },
    },
  ];
}

function summaryOf(ways: readonly Way[], target: RunFacts['paper']): string {
  const told = ways.map(({ label, before: from, after: to }) => {
    return `${label}: chosen ${formatMetric(from.chosen)} to ${formatMetric(to.chosen)}, others ${formatMetric(from.others)} to ${formatMetric(to.others)}`;
  });
  const aim = target === null ? '' : ` The paper's: chosen ${target.chosen}, others ${target.others}.`;
  return `${told.join('; ')}.${aim}`;
}

function endRows(ways: readonly Way[]): string[][] {
  const ends = ways.map(({ before, after }) => [before, after] as const);
  const column = (read: (end: readonly [Place, Place]) => number): string[] => formatAlike(ends.map(read));
  const columns = [
    column(([from]) => from.chosen),
    column(([, to]) => to.chosen),
    column(([from]) => from.others),
    column(([, to]) => to.others),
  ];
  return ways.map(({ label }, i) => [label, ...columns.map((texts) => texts[i] ?? '')]);
}
