/** Metrics as tables: a stage at a time, its instances side by side or one below the other. */
import type { Json } from '../../base/canonical-json.ts';
import { groupBy } from '../../base/group-by.ts';
import { formatCount } from '../quantities.ts';
import { compare, type Line } from './comparison.ts';
import { labelOf } from './coordinates.ts';
import type { MetricsDocument, RunFacts } from './facts.ts';
import { details, digestLink, html, NOTHING, table, type Content, type Html } from './markup.ts';
import { flatten, split } from './metric-values.ts';

/** As many fit beside the names on a phone; more instances become the rows. */
const MOST_COLUMNS = 3;
/** Longer tables open when asked. */
const MOST_OPEN_ROWS = 16;

export type KnownDocument = MetricsDocument & { readonly value: Json };

/** Nothing where no stage has metrics. */
export function renderMetrics({ documents }: RunFacts): Html {
  if (documents.length === 0) return NOTHING;
  const unread = documents.flatMap(({ instance, output, content }) =>
    'problem' in content ? [`${instance}.${output}: ${content.problem}`] : [],
  );
  const groups = groupBy(knownDocuments(documents), ({ stage, output }) => `${stage}.${output}`);
  return html`<p class="lead">
      Lists are not shown here: curves and matrices are drawn below, and <code>assay show</code> prints all.
    </p>
    ${unread.map((each) => html`<p class="bad">✕ ${each}</p>`)}
    ${[...groups].map(([name, group]) => renderGroup(name, group))}`;
}

export function knownDocuments(documents: readonly MetricsDocument[]): KnownDocument[] {
  return documents.flatMap((document) =>
    'value' in document.content ? [{ ...document, value: document.content.value }] : [],
  );
}

interface Part {
  readonly body: Html;
  readonly rows: number;
}

function renderGroup(name: string, group: readonly KnownDocument[]): Html {
  const [only] = group;
  const parts = group.length === 1 && only !== undefined ? partsOfOne(name, only) : partsOfMany(name, group);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (rows === 0) return NOTHING;
  const count = group.length === 1 ? null : html` <span class="soft">${formatCount(group.length, 'instance')}</span>`;
  const summary = html`<h3>${name}</h3>
    ${count}`;
  return details(`metrics ${name}`, summary, html`${parts.map(({ body }) => body)}`, rows <= MOST_OPEN_ROWS);
}

/** Of a stage without a matrix: its values, and the tables that its document holds. */
function partsOfOne(name: string, { value, artifact }: KnownDocument): Part[] {
  const { values, tables } = split(value);
  const own = compare([values]).lines;
  return [
    {
      body: own.length === 0 ? NOTHING : sideBySide(name, [html`Value ${digestLink(artifact)}`], own),
      rows: own.length,
    },
    ...tables.map(({ name: inner, rows }) => {
      const { lines, same } = compare([...rows.values()]);
      const title = inner === '' ? `${name}, compared` : `${name}: ${inner}`;
      return partOf(title, [...rows.keys()], lines, same);
    }),
  ];
}

function partsOfMany(name: string, group: readonly KnownDocument[]): Part[] {
  const { lines, same } = compare(group.map(({ value }) => flatten(value)));
  const heads = group.map(({ instance, artifact }) => html`${labelOf(instance)}<br />${digestLink(artifact)}`);
  return [partOf(name, heads, lines, same)];
}

function partOf(title: string, heads: readonly Content[], lines: readonly Line[], same: readonly string[]): Part {
  const isWide = heads.length > MOST_COLUMNS;
  const differing =
    lines.length === 0 ? NOTHING : isWide ? below(title, heads, lines) : sideBySide(title, heads, lines);
  const rest = same.length === 0 ? NOTHING : html`<p class="note">The same in all: ${same.join(', ')}.</p>`;
  return { body: html`${differing}${rest}`, rows: isWide ? heads.length : lines.length + 1 };
}

/** A line a metric, a column an instance. */
function sideBySide(title: string, heads: readonly Content[], lines: readonly Line[]): Html {
  return table({
    caption: title,
    isCaptionHidden: true,
    label: title,
    columns: [{ head: 'Metric' }, ...heads.map((head) => ({ head, isNumber: true }))],
    rows: lines.map(({ name, cells }) => [name, ...cells]),
  });
}

/** A line an instance, a column a metric. */
function below(title: string, heads: readonly Content[], lines: readonly Line[]): Html {
  return table({
    caption: title,
    isCaptionHidden: true,
    label: title,
    look: 'grid filter',
    columns: [{ head: 'Instance' }, ...lines.map(({ name }) => ({ head: name, isNumber: true }))],
    rows: heads.map((head, i) => [head, ...lines.map(({ cells }) => cells[i] ?? null)]),
  });
}
