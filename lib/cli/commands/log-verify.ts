/** `assay log verify [checkpoint]`: holds the log against itself, the database and a published checkpoint. Changes nothing. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemErrorCode } from '../../base/errors.ts';
import { renderLogVerify } from '../../report/render-log-verify.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import { verifyProjectLog } from '../project-log.ts';
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
  const projectRoot = findProjectRoot(session);
  const published = checkpoint === undefined ? null : readCheckpointFile(resolve(session.cwd, checkpoint));
  const log = verifyProjectLog(projectRoot, session, { keyPaths: options.key ?? [], published });
  const { out } = session.terminal;
  if (options.json) printJson(out, log);
  else printLines(out, renderLogVerify(log, out.colors));
  return log.isSound ? EXIT.ok : EXIT.findings;
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
