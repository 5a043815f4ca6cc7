/** The part of `assay verify` that is not about the store: what was signed of each execution, held against the database. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LogJson } from '../audit/verify-log.ts';
import { UserError } from '../base/errors.ts';
import { Lineage } from '../lineage/lineage.ts';
import type { Colors } from '../report/colors.ts';
import { formatCount } from '../report/quantities.ts';
import { renderLogVerify } from '../report/render-log-verify.ts';
import { storePaths } from '../store/layout.ts';
import { verifyProjectLog } from './project-log.ts';
import type { Session } from './session.ts';

/**
 * `no-log`: a key is known and there is no log, so that every execution is a finding. `no-key`: there is a log, and nobody whose
 * signatures could be judged. `unsigned`: neither, as on a machine that can keep no keys. `no-database`: none that can be read.
 */
export type LogVerdict =
  | ({ readonly state: 'checked' | 'no-log' } & LogJson)
  | { readonly state: 'no-key' | 'no-database' }
  | { readonly state: 'unsigned'; readonly executions: number };

/** Changes nothing. A database that is lost or damaged is the store's finding, and is told there. Throws UserError key-…. */
export function judgeLog(projectRoot: string, session: Session, keyPaths: readonly string[]): LogVerdict {
  const { root, log } = storePaths(projectRoot);
  const database = join(root, 'lineage.db');
  const hasLog = existsSync(log);
  if (hasLog && !existsSync(database)) return { state: 'no-database' };
  try {
    const verified = verifyProjectLog(projectRoot, session, { keyPaths, published: null });
    return { state: hasLog ? 'checked' : 'no-log', ...verified };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code.startsWith('database-')) return { state: 'no-database' };
    if (error.code !== 'no-known-key') throw error;
    return hasLog ? { state: 'no-key' } : { state: 'unsigned', executions: countExecutions(database, session) };
  }
}

/** What is not known is not called altered. */
export function isLogSound(log: LogVerdict): boolean {
  return log.state === 'checked' || log.state === 'no-log' ? log.isSound : true;
}

export function renderLogVerdict(log: LogVerdict, colors: Colors): string[] {
  switch (log.state) {
    case 'no-database':
      return [];
    case 'no-key':
      return ['log: not checked, for no key is known by which to judge its signatures: name one with --key FILE'];
    case 'unsigned': {
      const executions = formatCount(log.executions, 'execution');
      return [
        `log: not checked, for there is none, and no key: nothing tells whether rows of ${executions} were altered`,
      ];
    }
    case 'no-log':
    case 'checked': {
      // Where nothing was run there is nothing to say.
      if (log.state === 'no-log' && log.isSound) return [];
      return renderLogVerify(log, colors).map((line, i, all) => (i === all.length - 1 ? `log: ${line}` : line));
    }
  }
}

function countExecutions(database: string, session: Session): number {
  const lineage = Lineage.open(database, { clock: session.clock, readOnly: true });
  try {
    return lineage.listEndedExecutions().length;
  } finally {
    lineage.close();
  }
}
