/** Metrics documents as lists of named values, and the tables that they hold inside. */
import type { Json, JsonObject } from '../../base/canonical-json.ts';

export type MetricValue = number | string | boolean | null;

/** A name is the keys on the way, joined by dots: `after.chosen`. */
export type MetricValues = ReadonlyMap<string, MetricValue>;

/** Objects of one shape under the keys of one object: `detectors`, one for each detector. */
export interface InnerTable {
  /** Where it was found; empty for the document itself. */
  readonly name: string;
  readonly rows: ReadonlyMap<string, MetricValues>;
}

/** Longer texts explain; a table of numbers is no place for them. */
const LONGEST_TEXT = 40;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Numbers, truths and short texts; lists are drawn elsewhere or not at all. */
export function flatten(value: Json, prefix = ''): Map<string, MetricValue> {
  const found = new Map<string, MetricValue>();
  if (!isObject(value)) return found;
  for (const [key, member] of Object.entries(value)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isObject(member)) for (const [inner, each] of flatten(member, name)) found.set(inner, each);
    else if (isShown(member)) found.set(name, member);
  }
  return found;
}

/** The document's own values, without those that stand in one of its inner tables. */
export function split(value: Json): { values: MetricValues; tables: readonly InnerTable[] } {
  const tables = innerTables(value, '');
  const inside = (name: string): boolean =>
    tables.some((table) => [...table.rows.keys()].some((row) => name.startsWith(`${join(table.name, row)}.`)));
  return { values: new Map([...flatten(value)].filter(([name]) => !inside(name))), tables };
}

function innerTables(value: Json, name: string): InnerTable[] {
  if (!isObject(value)) return [];
  const objects = Object.entries(value).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  const rows = objects.map(([key, member]) => [key, flatten(member)] as const).filter(([, values]) => values.size > 0);
  const shapes = new Set(rows.map(([, values]) => [...values.keys()].join('\n')));
  if (rows.length >= 2 && shapes.size === 1) return [{ name, rows: new Map(rows) }];
  return objects.flatMap(([key, member]) => innerTables(member, join(name, key)));
}

/** The text of many values of one metric, with one number of decimals, so that they align and compare. */
export function formatAlike(values: readonly (MetricValue | undefined)[]): string[] {
  const numbers = values.filter((value) => typeof value === 'number');
  const decimals = Math.min(6, Math.max(0, ...numbers.map(decimalsOf)));
  return values.map((value) => {
    if (value === undefined) return '';
    if (value === null) return 'none';
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    if (typeof value === 'string') return value;
    if (value !== 0 && Math.abs(value) < 0.5 * 10 ** -decimals) return value.toExponential(2);
    return Math.abs(value) >= 1e15 ? String(value) : value.toFixed(decimals);
  });
}

/** Of four significant digits, those after the point that are not zeros at the end. */
function decimalsOf(value: number): number {
  if (Number.isInteger(value)) return 0;
  const text = String(Number(value.toPrecision(4)));
  if (text.includes('e')) return 0;
  return text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
}

function isShown(value: Json): value is MetricValue {
  if (typeof value === 'string') return value.length <= LONGEST_TEXT;
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}

function join(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`;
}
