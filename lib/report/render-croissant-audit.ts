/** `assay audit croissant`: a line a file, what speaks against it, and the sum. */
import type { CroissantAudit } from '../audit/croissant-files.ts';
import { VERDICTS, type Verdict } from '../audit/published-digest.ts';
import { unreachable } from '../base/errors.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './quantities.ts';
import { alignColumns, singleLine } from './table.ts';

/** `assay audit croissant --json`. */
export interface CroissantAuditJson extends CroissantAudit {
  readonly isSound: boolean;
}

export function renderCroissantAudit({ files, unlisted, isSound }: CroissantAuditJson, colors: Colors): string[] {
  const rows = files.map(({ id, verdict, reason }) => [paint(verdict, colors), singleLine(id), reason ?? '']);
  const counts = VERDICTS.map((verdict) => [verdict, files.filter((file) => file.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict.toLowerCase()}`);
  const total = `${formatCount(files.length, 'file')}: ${counts.join(', ')}`;
  return [
    ...alignColumns(rows),
    ...(unlisted.length === 0
      ? []
      : [
          colors.dim(
            `not described, so not checked: ${unlisted.slice(0, 5).map(singleLine).join(', ')}${unlisted.length > 5 ? ', …' : ''}`,
          ),
        ]),
    isSound ? total : colors.red(total),
  ];
}

function paint(verdict: Verdict, colors: Colors): string {
  switch (verdict) {
    case 'OK':
      return colors.green('ok');
    case 'ALTERED':
      return colors.red('altered');
    case 'UNVERIFIABLE':
      return colors.red('unverifiable');
    default:
      return unreachable(verdict);
  }
}
