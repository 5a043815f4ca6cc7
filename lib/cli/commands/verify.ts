/** `assay verify`: reads everything that is stored and says what is not as it was. Changes nothing. */
import { renderVerify } from '../../report/render-verify.ts';
import type { ByteBar } from '../../report/byte-bar.ts';
import { storePaths } from '../../store/layout.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { measureStore } from '../measure-store.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { verifyStore } from '../verify-store.ts';

export interface VerifyOptions {
  readonly json?: true;
}

export async function verifyCommand(session: Session, options: VerifyOptions): Promise<ExitCode> {
  const projectRoot = findProjectRoot(session);
  const bar = await openBar(projectRoot, session, options);
  let verified;
  try {
    verified = verifyStore(projectRoot, session.clock, (doneBytes) => bar?.update(doneBytes));
  } finally {
    bar?.stop();
  }
  const { out } = session.terminal;
  if (options.json) printJson(out, verified);
  else printLines(out, renderVerify(verified, out.colors));
  return verified.isSound ? EXIT.ok : EXIT.findings;
}

/** Only where it can be drawn, as for a run; the library is loaded only there. */
async function openBar(projectRoot: string, session: Session, options: VerifyOptions): Promise<ByteBar | undefined> {
  const { env, terminal } = session;
  if (options.json || !terminal.err.isTerminal || env.TERM === 'dumb' || env.CI) return undefined;
  const { startByteBar } = await import('../../report/byte-bar.ts');
  return startByteBar(process.stderr, 'verify', measureStore(storePaths(projectRoot)).sizeBytes);
}
