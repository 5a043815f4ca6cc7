/** A dataset held against what was published of it: a line for each thing that is wrong. */
import type { AuditFinding, SplitAudit } from '../audit/audit-dataset.ts';
import { rangesText } from '../dataset/index-ranges.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './quantities.ts';
import { alignColumns, singleLine } from './table.ts';

/** `assay audit dataset --json`. */
export interface DatasetAuditJson {
  readonly dataset: string;
  readonly against: string;
  readonly holds: boolean;
  readonly findings: readonly AuditFinding[];
  readonly splits: readonly SplitAudit[];
}

export function renderDatasetAudit(audit: DatasetAuditJson, colors: Colors): string[] {
  const { dataset, against, findings, splits } = audit;
  const rows = findings.map(({ check, split, message, indexes }) => {
    const places = indexes.length === 0 ? '' : `${indexes.length.toLocaleString('en')} `;
    const where = indexes.length === 0 ? '' : `: ${rangesText(indexes)}`;
    return [
      colors.red(check === 'unverifiable' ? 'UNVERIFIABLE' : check),
      split ?? '',
      `${places}${singleLine(message)}${where}`,
    ];
  });
  const unnamed = splits.flatMap(({ split, unnamed: why }) =>
    why === null ? [] : [`${split}: which records differ cannot be said: ${why}`],
  );
  const sound = splits.map(({ split, count }) => `${split} ${count.toLocaleString('en')}`).join(', ');
  const repeated = splits.flatMap(({ split, duplicates }) =>
    duplicates.length === 0
      ? []
      : [
          `${split}: ${formatCount(duplicates.length, 'record')} more than once, the first at ${duplicates[0]!.join(' = ')}`,
        ],
  );
  const verdict = audit.holds
    ? colors.green(`${dataset} is what ${against} says: ${sound}`)
    : colors.red(`${dataset} is not what ${against} says: ${formatCount(findings.length, 'finding')}`);
  return [...alignColumns(rows), ...unnamed, ...repeated, verdict];
}
