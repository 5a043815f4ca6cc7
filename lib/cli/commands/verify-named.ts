/** `assay verify WHAT`: whichever of the things that can be signed it is. */
import type { ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { verifyModelCommand, type VerifyModelOptions } from './verify-model.ts';
import { isResultsFile, verifyResultsCommand } from './verify-results.ts';

export async function verifyNamedCommand(
  session: Session,
  what: string,
  options: VerifyModelOptions,
): Promise<ExitCode> {
  if (isResultsFile(session, what)) return verifyResultsCommand(session, what, options);
  return verifyModelCommand(session, what, options);
}
