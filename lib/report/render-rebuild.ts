/** What `assay doctor --rebuild` brought back. */
import type { Digest } from '../base/digest.ts';
import { shortDigest } from '../base/digest.ts';
import { formatCount } from './quantities.ts';

/** `assay doctor --rebuild --json`. */
export interface RebuildJson {
  /** What lineage.db was before. */
  readonly database: 'missing' | 'unreadable' | 'readable';
  /** Where an unreadable one lies now, within the project; else null. */
  readonly movedTo: string | null;
  readonly restored: number;
  /** Results that the database held already. */
  readonly known: number;
  /** What begins like a result and is none, or cannot be read, each with the reason. */
  readonly refused: readonly string[];
  /** Files inside artifacts that look like results. They are never restored: a stage wrote them. */
  readonly imitations: readonly Digest[];
  /** Results of the database now that no signed statement backs; null where there is a log and no key to judge it by. */
  readonly unsigned: number | null;
}

export function renderRebuild(rebuild: RebuildJson): string[] {
  const { restored, known, refused, imitations } = rebuild;
  return [
    stateLine(rebuild),
    `${formatCount(restored, 'result')} restored from the store, ${known} known already`,
    ...refused.map((reason) => `refused ${reason}`),
    ...imitations.map(
      (digest) => `passed over ${shortDigest(digest)}: a file inside an artifact that looks like a result`,
    ),
    ...signedLines(rebuild),
    'next: assay status',
  ];
}

/** What a stranger put into the store came in with the others, and the next run signs it. */
function signedLines({ unsigned }: RebuildJson): string[] {
  if (unsigned === 0) return [];
  return unsigned === null
    ? ['no key is known, so nothing tells which of them were signed: assay verify --key FILE']
    : [
        `${formatCount(unsigned, 'result')} that no signed statement backs: assay verify names them; look before the next run signs them`,
      ];
}

function stateLine({ database, movedTo }: RebuildJson): string {
  const history = 'results come back, the history of earlier runs does not';
  switch (database) {
    case 'missing':
      return `there was no lineage.db: ${history}`;
    case 'unreadable':
      return `lineage.db could not be read and is now ${movedTo}: ${history}`;
    case 'readable':
      return 'lineage.db can be read: what it holds stays, and only results that it lacks are added';
  }
}
