/** The check that a page tells of: this run's artifacts and records, and the log. */
import { verifyRun } from '../../audit/verify/verify-run.ts';
import { UserError } from '../../base/errors.ts';
import type { ArtifactFacts, AuditFacts, LogFacts } from '../../report/page/facts.ts';
import type { Session } from '../session.ts';
import { judgeLog } from '../verify-with-log.ts';
import type { Parts } from '../wire.ts';

/** How much is read: so much that a page comes in seconds, all of it, or nothing. */
export const CHECKS = ['quick', 'all', 'none'] as const;
export type Check = (typeof CHECKS)[number];

/** About 2 s of reading, hashing and counting on one slow core. */
const QUICK_BYTES = 256 * 1024 * 1024;

/** Changes nothing. */
export function checkRun(
  runId: number,
  artifacts: readonly ArtifactFacts[],
  check: Exclude<Check, 'none'>,
  parts: Parts,
  session: Session,
): AuditFacts {
  const outcomes = parts.lineage.outcomesOf(runId);
  const named = artifacts.map(({ digest, names, kind }) => ({ digest, kind, name: names[0] ?? digest }));
  const mostBytes = check === 'all' ? Infinity : QUICK_BYTES;
  return {
    verdict: verifyRun({ outcomes, artifacts: named, mostBytes }, parts),
    log: judge(parts, session),
  };
}

/** A key that cannot be read is none: the page is made and says so. */
function judge({ projectRoot }: Parts, session: Session): LogFacts {
  try {
    return judgeLog(projectRoot, session, []);
  } catch (error) {
    if (!(error instanceof UserError) || !error.code.startsWith('key')) throw error;
    return { state: 'no-key' };
  }
}
