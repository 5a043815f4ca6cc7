/** The part of `assay verify` that is not about the store: what was signed of each execution, held against the database. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLog, type LogJson } from '../audit/verify-log.ts';
import { UserError } from '../base/errors.ts';
import { Lineage } from '../lineage/lineage.ts';
import { storePaths } from '../store/layout.ts';
import { knownKeys } from './known-keys.ts';
import type { Session } from './session.ts';

/** `no-key`: there is a log, and nobody whose signatures could be judged. Null: no log, or no database that can be read beside it. */
export type LogVerdict = LogJson | 'no-key' | null;

/** Changes nothing. A database that is lost or damaged is the store's finding, and is told there. */
export function verifyProjectLog(projectRoot: string, session: Session, keyPaths: readonly string[]): LogVerdict {
  const { root, log } = storePaths(projectRoot);
  const database = join(root, 'lineage.db');
  if (!existsSync(log) || !existsSync(database)) return null;
  let lineage: Lineage | undefined;
  try {
    const keys = knownKeys(session, 'ed25519', keyPaths);
    lineage = Lineage.open(database, { clock: session.clock, readOnly: true });
    return verifyLog({ lineage, logFolder: log, keys, published: null });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code === 'no-known-key') return 'no-key';
    if (error.code.startsWith('database-')) return null;
    throw error;
  } finally {
    lineage?.close();
  }
}
