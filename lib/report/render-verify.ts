/** What `assay verify` found: a line a finding, and under those that share one the next step. */
import { groupBy } from '../base/group-by.ts';
import { shortDigest, type Digest } from '../base/digest.ts';
import type { Colors } from './colors.ts';
import { formatCount, formatSize } from './quantities.ts';

/** `assay verify --json`. */
export interface VerifyJson {
  readonly isSound: boolean;
  /** Every stored file that was read: of artifacts, manifests, logs and result records. */
  readonly blobs: number;
  readonly sizeBytes: number;
  /** Inputs and outputs of all results. */
  readonly artifacts: number;
  readonly actions: number;
  readonly findings: readonly VerifyFinding[];
}

export interface VerifyFinding {
  readonly problem: 'altered' | 'missing' | 'invalid' | 'damaged';
  /** All that the finding is about, as in `poison.data: train-images.idx`. Not empty. */
  readonly subjects: readonly string[];
  /** The name of the blob, pack or action; null for the database. */
  readonly digest: Digest | null;
  /** What was found under that name; null unless altered. */
  readonly found: Digest | null;
  /** The altered file, within the project; null for what is missing or in the database. */
  readonly file: string | null;
  /** In words, where digests do not say it. */
  readonly detail: string | null;
  readonly next: string;
}

const MOST_SUBJECTS = 3;
/** One lost pack may hold 60,000 files. */
const MOST_LINES = 20;

export function renderVerify(verified: VerifyJson, colors: Colors): string[] {
  const { findings } = verified;
  const read = `read ${formatCount(verified.blobs, 'blob')} (${formatSize(verified.sizeBytes)})`;
  const named = `${formatCount(verified.artifacts, 'artifact')}, ${formatCount(verified.actions, 'action')}`;
  if (verified.isSound) return [`${read}, ${named}: sound`];
  const byNext = groupBy(findings, ({ next }) => next);
  const groups = [...byNext].flatMap(([next, group]) => [
    ...group.slice(0, MOST_LINES).map((finding) => findingLine(finding, colors)),
    ...(group.length > MOST_LINES ? [`and ${group.length - MOST_LINES} more; --json lists all`] : []),
    `  next: ${next}`,
  ]);
  return [...groups, `${read}, ${named}: ${formatCount(findings.length, 'finding')}`];
}

function findingLine({ subjects, problem, found, detail }: VerifyFinding, colors: Colors): string {
  const shown = subjects.slice(0, MOST_SUBJECTS).join(', ');
  const rest = subjects.length > MOST_SUBJECTS ? ` and ${subjects.length - MOST_SUBJECTS} more` : '';
  const what = [...(found === null ? [] : [`found ${shortDigest(found)}`]), ...(detail === null ? [] : [detail])];
  return `${shown}${rest} ${colors.red(problem)}${what.length > 0 ? `: ${what.join(', ')}` : ''}`;
}
