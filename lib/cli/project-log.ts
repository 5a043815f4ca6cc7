/** The log of a project held against its database and a published checkpoint, the same for `assay verify` and `assay log verify`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLog, type LogJson } from '../audit/verify-log.ts';
import { Lineage } from '../lineage/lineage.ts';
import { storePaths } from '../store/layout.ts';
import { knownKeys } from './known-keys.ts';
import type { Session } from './session.ts';

export interface LogCheck {
  /** Of `--key`. */
  readonly keyPaths: readonly string[];
  /** The text of a published checkpoint. */
  readonly published: string | null;
}

/** Changes nothing. Throws UsageError no-known-key where there is something to judge; UserError key-…, database-…. */
export function verifyProjectLog(projectRoot: string, session: Session, { keyPaths, published }: LogCheck): LogJson {
  const { root, log: logFolder } = storePaths(projectRoot);
  const database = join(root, 'lineage.db');
  const isEmpty = !existsSync(logFolder) && !existsSync(database);
  const keys = isEmpty && published === null ? [] : knownKeys(session, 'ed25519', keyPaths);
  const lineage = existsSync(database) ? Lineage.open(database, { clock: session.clock, readOnly: true }) : null;
  try {
    return verifyLog({ lineage, logFolder, keys, published });
  } finally {
    lineage?.close();
  }
}
