/** What `assay log verify` found: a line a finding, then what was held against what. */
import type { LogFinding, LogJson, LogProblem } from '../audit/verify-log.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './quantities.ts';
import { singleLine, cutTo } from './table.ts';

/** One replaced database may differ in every row. */
const MOST_LINES = 20;
const VALUE_WIDTH = 40;

const NEXT: Readonly<Record<LogProblem, string>> = {
  altered: 'trust the signed values; the results themselves are checked by assay verify',
  dropped:
    'bring lineage.db back from a backup; if you removed it yourself: assay doctor --rebuild, which is logged too',
  'not-logged':
    'the next run that executes a stage logs it, marked as recorded later; first find out where it came from',
  unsigned: 'name the keys of others who ran this project with --key FILE',
  'out-of-order': 'bring artifacts/log back from a backup',
  unreadable: 'bring artifacts/log back from a backup',
  'checkpoint-missing':
    'no crash leaves this: bring artifacts/log back from a backup; assay log checkpoint signs the log as it is, and a published one tells whether entries are gone',
  'checkpoint-unsigned': 'name the key that signed it with --key FILE',
  'checkpoint-differs': 'bring artifacts/log back from a backup',
  'cut-short': 'bring artifacts/log back from a backup: its last entries are gone',
};

const NEXT_WITHOUT_LOG =
  'bring artifacts/log back from a backup; if there never was one, assay log checkpoint begins it with the rows as they are';

export function renderLogVerify(log: LogJson, colors: Colors): string[] {
  const { findings, entries, recordedLater, published } = log;
  const lines = findings.slice(0, MOST_LINES).map((finding) => findingLine(finding, colors));
  if (findings.length > MOST_LINES) lines.push(`and ${findings.length - MOST_LINES} more; --json lists all`);
  const nextOf = ({ problem }: LogFinding): string =>
    problem === 'not-logged' && entries === 0 ? NEXT_WITHOUT_LOG : NEXT[problem];
  for (const next of new Set(findings.map(nextOf))) lines.push(`  next: ${next}`);
  if (log.isTorn) lines.push('the last line is incomplete, as a crash leaves it; the next run drops it');
  const later = recordedLater === 0 ? '' : ` (${recordedLater} recorded later)`;
  const held = `${formatCount(entries, 'entry', 'entries')}${later}, against the database`;
  const beside = published === null ? '' : ` and a checkpoint of ${published.size}`;
  const verdict = log.isSound ? 'sound' : formatCount(findings.length, 'finding');
  return [...lines, `${held}${beside}: ${log.isSound ? verdict : colors.red(verdict)}`];
}

function findingLine(
  { problem, entry, executionId, instance, field, signed, found, detail }: LogFinding,
  colors: Colors,
): string {
  const about = [
    ...(executionId === null ? [] : [`execution ${executionId}`]),
    ...(instance === null ? [] : [executionId === null ? instance : `(${instance})`]),
    ...(executionId === null && entry !== null ? [`entry ${entry}`] : []),
  ].join(' ');
  const values = problem === 'altered' && signed !== null && found !== null;
  const text = values ? `${field} is ${short(found)}, signed was ${short(signed)}` : detail;
  return `${about === '' ? 'log' : about} ${colors.red(problem)}: ${singleLine(text)}`;
}

/** Digests by their first digits; other values cut where they are long. */
function short(json: string): string {
  const digest = /^"(?:sha256:)?([0-9a-f]{12})[0-9a-f]{52}"$/.exec(json)?.[1];
  return digest ?? cutTo(json, VALUE_WIDTH);
}
