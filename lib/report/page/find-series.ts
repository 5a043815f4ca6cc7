/** Series in metrics documents: lists of objects that a number such as `step` orders. */
import type { Json } from '../../base/canonical-json.ts';
import { isObject } from './metric-values.ts';
import type { KnownDocument } from './section-metrics.ts';

export interface Series {
  readonly document: KnownDocument;
  /** Where in the document: `curve`, `V1.curve`. */
  readonly path: string;
  /** `epoch`. */
  readonly order: string;
  /** By rising `x`. */
  readonly points: readonly SeriesPoint[];
}

export interface SeriesPoint {
  readonly x: number;
  /** The other numbers at it. */
  readonly values: ReadonlyMap<string, number>;
}

/** What orders a series, the first that rises from point to point. */
const ORDERS: readonly string[] = ['epoch', 'step', 'iteration', 'round', 'time', 'index'];
/** Chosen, not measured. */
const SETTINGS: ReadonlySet<string> = new Set(['learningRate']);
/** Lists lie no deeper in documents that people write. */
const DEEPEST = 4;

/** Each series once, at its first place: evaluations and comparisons repeat those of the trainings that they are of. */
export function findSeries(documents: readonly KnownDocument[]): Series[] {
  const seen = new Set<string>();
  const found: Series[] = [];
  for (const document of documents) {
    for (const { path, list } of lists(document.value, '', 0)) {
      const series = readSeries(list);
      const text = JSON.stringify(list);
      if (series === undefined || seen.has(text)) continue;
      seen.add(text);
      found.push({ document, path, ...series });
    }
  }
  return found;
}

/** The names of all that was measured, in the order of the first points. */
export function fieldsOf(group: readonly Series[]): string[] {
  return [...new Set(group.flatMap(({ points }) => points.flatMap(({ values }) => [...values.keys()])))];
}

function lists(value: Json, path: string, depth: number): { path: string; list: readonly Json[] }[] {
  if (Array.isArray(value)) return [{ path, list: value }];
  if (!isObject(value) || depth === DEEPEST) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    lists(member, path === '' ? key : `${path}.${key}`, depth + 1),
  );
}

function readSeries(list: readonly Json[]): Pick<Series, 'order' | 'points'> | undefined {
  const objects = list.filter(isObject);
  if (objects.length < 2 || objects.length < list.length) return undefined;
  const order = ORDERS.find((name) => objects.every((each, i) => isAfter(each[name], objects[i - 1]?.[name])));
  if (order === undefined) return undefined;
  const points = objects.map((each) => ({
    x: each[order] as number,
    values: new Map(
      Object.entries(each).filter(
        (entry): entry is [string, number] =>
          typeof entry[1] === 'number' && !ORDERS.includes(entry[0]) && !SETTINGS.has(entry[0]),
      ),
    ),
  }));
  return points.some(({ values }) => values.size > 0) ? { order, points } : undefined;
}

function isAfter(value: Json | undefined, before: Json | undefined): boolean {
  return typeof value === 'number' && (typeof before !== 'number' || value > before);
}
