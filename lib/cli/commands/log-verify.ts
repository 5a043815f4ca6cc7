/** `assay log verify [checkpoint]`: holds the log against itself, the database and a published checkpoint. Changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { verifyLog } from '../../audit/verify-log.ts';
import { systemErrorCode } from '../../base/errors.ts';
import { Lineage } from '../../lineage/lineage.ts';
import { renderLogVerify } from '../../report/render-log-verify.ts';
import { storePaths } from '../../store/layout.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { knownKeys } from '../known-keys.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface LogVerifyOptions {
  readonly key?: readonly string[];
  readonly json?: true;
}

export async function logVerifyCommand(
  session: Session,
  checkpoint: string | undefined,
  options: LogVerifyOptions,
): Promise<ExitCode> {
  const paths = storePaths(findProjectRoot(session));
  const published = checkpoint === undefined ? null : readCheckpointFile(resolve(session.cwd, checkpoint));
  const isEmpty = !existsSync(paths.log) && !existsSync(join(paths.root, 'lineage.db'));
  const keys = isEmpty && published === null ? [] : knownKeys(session, 'ed25519', options.key ?? []);
  const database = join(paths.root, 'lineage.db');
  const lineage = existsSync(database) ? Lineage.open(database, { clock: session.clock, readOnly: true }) : null;
  try {
    const log = verifyLog({ lineage, logFolder: paths.log, keys, published });
    const { out } = session.terminal;
    if (options.json) printJson(out, log);
    else printLines(out, renderLogVerify(log, out.colors));
    return log.isSound ? EXIT.ok : EXIT.findings;
  } finally {
    lineage?.close();
  }
}

function readCheckpointFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError('checkpoint-unreadable', `${path} cannot be read (${systemErrorCode(error)})`, {
      hint: 'name a file that holds a checkpoint, as assay log checkpoint prints it',
      cause: error,
    });
  }
}
