/** Many instances' values of the same metrics, made ready to stand side by side: what differs, line by line, and what does not. */
import { parseDigest } from '../../base/digest.ts';
import { digestLink, html, type Content } from './markup.ts';
import { formatAlike, type MetricValue, type MetricValues } from './metric-values.ts';

export interface Comparison {
  /** Of what differs between instances; of a single instance all. */
  readonly lines: readonly Line[];
  /** `records 2128`, of what is the same in all. */
  readonly same: readonly string[];
}

export interface Line {
  /** `distortion.unit`, or `chosen, before → after`. */
  readonly name: string;
  /** One for each instance. */
  readonly cells: readonly Content[];
}

type Column = readonly (MetricValue | undefined)[];

/** `instances`: not empty. `before.x` and `after.x` become one line. */
export function compare(instances: readonly MetricValues[]): Comparison {
  const names = [...new Set(instances.flatMap((values) => [...values.keys()]))];
  const columns = new Map(names.map((name) => [name, instances.map((values) => values.get(name))]));
  const lines: Line[] = [];
  const same: string[] = [];
  for (const [name, column] of columns) {
    const isAfter = /(^|\.)after\./.test(name);
    if (isAfter && columns.has(name.replace(/(^|\.)after\./, '$1before.'))) continue;
    const after = columns.get(name.replace(/(^|\.)before\./, '$1after.'));
    const isSame = [column, after ?? column].every((values) => values.every((value) => value === values[0]));
    if (after !== undefined && after !== column) {
      if (instances.length > 1 && isSame) same.push(sameChange(name, column[0], after[0]));
      else lines.push(changeLine(name, column, after));
    } else if (instances.length > 1 && isSame) same.push(`${name} ${formatAlike([column[0]])[0] ?? ''}`);
    else lines.push({ name, cells: cellsOf(column) });
  }
  return { lines, same };
}

function sameChange(name: string, before: Column[number], after: Column[number]): string {
  const [from = '', to = ''] = formatAlike([before, after]);
  return `${name.replace(/(^|\.)before\./, '$1')} ${before === after ? from : `${from} → ${to}`}`;
}

function changeLine(name: string, before: Column, after: Column): Line {
  const texts = formatAlike([...before, ...after]);
  return {
    name: `${name.replace(/(^|\.)before\./, '$1')}, before → after`,
    cells: before.map((value, i) => {
      const [from, to] = [texts[i] ?? '', texts[before.length + i] ?? ''];
      return value === after[i] ? from : html`${from}<span class="soft"> → </span>${to}`;
    }),
  };
}

/** A metric may name an artifact. */
function cellsOf(column: Column): Content[] {
  const texts = formatAlike(column);
  return column.map((value, i) => {
    const digest = typeof value === 'string' ? parseDigest(value) : undefined;
    return digest === undefined ? (texts[i] ?? '') : digestLink(digest);
  });
}
