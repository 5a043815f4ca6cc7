/** What `assay verify` found: a line a finding, and under those that share one the next step. */
import type { Finding, VerifyReport } from '../audit/verify/finding.ts';
import { groupBy } from '../base/group-by.ts';
import { shortDigest } from '../base/digest.ts';
import type { Colors } from './colors.ts';
import { formatCount, formatSize } from './quantities.ts';
import { singleLine } from './table.ts';

const MOST_SUBJECTS = 3;
/** One lost pack may hold 60,000 files. */
const MOST_LINES = 20;

export function renderVerify(verified: VerifyReport, colors: Colors): string[] {
  const { findings } = verified;
  const what = whatWasRead(verified);
  if (verified.isSound) return [`${what}: sound`];
  const byNext = groupBy(findings, ({ next }) => next);
  const groups = [...byNext].flatMap(([next, group]) => [
    ...group.slice(0, MOST_LINES).map((finding) => findingLine(finding, colors)),
    ...(group.length > MOST_LINES ? [`and ${group.length - MOST_LINES} more; --json lists all`] : []),
    `  next: ${next}`,
  ]);
  return [...groups, `${what}: ${formatCount(findings.length, 'finding')}`];
}

/** What was done about findings, and what verifying again then found. */
export function renderRepair(done: readonly string[], after: VerifyReport, colors: Colors): string[] {
  const again = renderVerify(after, colors);
  return ['', ...done.map((line) => `repair: ${line}`), ...again.slice(0, -1), `again: ${again.at(-1)}`];
}

function whatWasRead(verified: VerifyReport): string {
  const { blobs, sizeBytes, skippedBytes, artifacts, actions, datasets } = verified;
  const skipped = skippedBytes > 0 ? `, ${formatSize(skippedBytes)} of it by an earlier verify` : '';
  return [
    `read ${formatCount(blobs, 'blob')} (${formatSize(sizeBytes)}${skipped})`,
    formatCount(artifacts, 'artifact'),
    formatCount(actions, 'action'),
    ...(datasets > 0 ? [formatCount(datasets, 'dataset')] : []),
  ].join(', ');
}

function findingLine({ subjects, problem, found, detail }: Finding, colors: Colors): string {
  const shown = subjects.slice(0, MOST_SUBJECTS).join(', ');
  const rest = subjects.length > MOST_SUBJECTS ? ` and ${subjects.length - MOST_SUBJECTS} more` : '';
  const what = [
    ...(found === null ? [] : [`found ${shortDigest(found)}`]),
    ...(detail === null ? [] : [singleLine(detail)]),
  ];
  return `${shown}${rest} ${colors.red(problem)}${what.length > 0 ? `: ${what.join(', ')}` : ''}`;
}
