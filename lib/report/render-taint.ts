/** What was made from an artifact, and which models saw a record. */
import type { Derived, Traced } from '../audit/trace/derived.ts';
import type { RecordTaint, SeenBy } from '../audit/trace/record-taint.ts';
import { shortDigest } from '../base/digest.ts';
import { groupBy } from '../base/group-by.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './quantities.ts';
import { alignColumns } from './table.ts';

/** `assay taint --json` of an artifact. */
export interface TaintJson {
  readonly artifact: Traced;
  readonly derived: readonly Derived[];
}

/** A record may be in a dataset many times. */
const MOST_INDEXES = 5;
const HEADINGS = { dataset: 'datasets', model: 'models', metrics: 'metrics', image: 'figures' } as const;

export function renderTaint({ artifact, derived }: TaintJson, colors: Colors): string[] {
  const lines = [`${artifact.name}  ${colors.cyan(shortDigest(artifact.digest))}${stateOf(artifact)}`];
  if (derived.length === 0) return [...lines, 'nothing was made from it'];
  return [...lines, ...renderDerived(derived, colors), '', `${summarise(derived)} derived from it`];
}

export function renderRecordTaint(taint: RecordTaint, colors: Colors): string[] {
  const { record, heldBy, models, others, searched, unreadable } = taint;
  const rows = heldBy.map((holder) => [
    `  ${holder.name}`,
    colors.cyan(shortDigest(holder.digest)),
    `${holder.split} ${indexesText(holder.indexes)}`,
    `label ${holder.label} (${holder.className})`,
    stateOf(holder).trim(),
  ]);
  return [
    `record ${colors.cyan(record)}`,
    '',
    `in ${formatCount(new Set(heldBy.map(({ digest }) => digest)).size, 'dataset')} of ${searched} searched`,
    ...alignColumns(rows),
    ...renderModels(models, colors),
    ...(others.length > 0 ? ['', `besides, ${summarise(others)} made from these datasets: assay taint <dataset>`] : []),
    ...unreadable.map(({ name, digest }) => `not searched: ${name} ${shortDigest(digest)} is not whole in the store`),
    '',
    'Lineage knows which datasets a program read, not which of their records it used.',
  ];
}

const MODEL_HEADINGS = {
  train: 'made by a program that read it among training records',
  test: 'made by a program that read it among test records only',
  derived: 'made from what read it, without reading it',
} as const;

function renderModels(models: readonly SeenBy[], colors: Colors): string[] {
  if (models.length === 0) return ['', 'no model was made from what holds it'];
  return [...groupBy(models, ({ exposure }) => exposure)].flatMap(([exposure, group]) => {
    const rows = group.map((model) => [
      `  ${model.name}`,
      colors.cyan(shortDigest(model.digest)),
      makers(model),
      model.readings.map(({ input, datasetName }) => `${input}: ${datasetName}`).join(', '),
      stateOf(model).trim(),
    ]);
    return ['', `${formatCount(group.length, 'model')} ${MODEL_HEADINGS[exposure]}`, ...alignColumns(rows)];
  });
}

function renderDerived(derived: readonly Derived[], colors: Colors): string[] {
  return [...groupBy(derived, ({ kind }) => headingOf(kind))].flatMap(([heading, group]) => [
    '',
    heading,
    ...alignColumns(
      group.map((each) => [
        `  ${each.name}`,
        colors.cyan(shortDigest(each.digest)),
        formatCount(each.steps, 'step'),
        makers(each),
        stateOf(each).trim(),
      ]),
    ),
  ]);
}

/** `2 datasets, 1 model and 4 others`. */
function summarise(derived: readonly Derived[]): string {
  const counts = [...groupBy(derived, ({ kind }) => headingOf(kind))].map(([heading, group]) => {
    const singular = { datasets: 'dataset', models: 'model', figures: 'figure', 'other files': 'other file' };
    return heading === 'metrics'
      ? `${group.length} metrics`
      : formatCount(group.length, singular[heading as keyof typeof singular]);
  });
  const last = counts.pop() ?? '';
  return counts.length === 0 ? last : `${counts.join(', ')} and ${last}`;
}

function headingOf(kind: Traced['kind']): string {
  return kind !== null && kind in HEADINGS ? HEADINGS[kind as keyof typeof HEADINGS] : 'other files';
}

function makers({ madeBy }: Traced): string {
  const [first] = madeBy;
  const latest = madeBy.at(-1);
  if (first === undefined || latest === undefined) return 'from the project';
  const rest = madeBy.length > 1 ? ` and ${madeBy.length - 1} before` : '';
  return `run ${latest.runId}, execution ${latest.executionId}${rest}`;
}

function stateOf({ isStored, isCurrent }: Traced): string {
  if (!isStored) return '  not in the store any more';
  return isCurrent ? '  current' : '';
}

function indexesText(indexes: readonly number[]): string {
  const shown = indexes.slice(0, MOST_INDEXES).join(', ');
  return indexes.length > MOST_INDEXES ? `${shown} and ${indexes.length - MOST_INDEXES} more` : shown;
}
