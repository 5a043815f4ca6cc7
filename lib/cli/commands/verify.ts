/** `assay verify`: reads everything that is stored and says what is not as it was. Changes nothing. */
import { verifyStore } from '../../audit/verify/verify-store.ts';
import type { Trust } from '../../audit/verify/verify-memory.ts';
import { renderVerify } from '../../report/render-verify.ts';
import type { ByteBar } from '../../report/byte-bar.ts';
import { storePaths } from '../../store/layout.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { measureStore } from '../measure-store.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';

export interface VerifyOptions {
  readonly sinceLast?: true;
  readonly resume?: true;
  readonly json?: true;
}

export async function verifyCommand(session: Session, options: VerifyOptions): Promise<ExitCode> {
  const projectRoot = findProjectRoot(session);
  const trust = trustOf(options);
  const bar = await openBar(projectRoot, session, options);
  let verified;
  try {
    verified = verifyStore(projectRoot, session.clock, { trust, onRead: (doneBytes) => bar?.update(doneBytes) });
  } finally {
    bar?.stop();
  }
  const { out } = session.terminal;
  if (options.json) printJson(out, verified);
  else printLines(out, renderVerify(verified, out.colors));
  return verified.isSound ? EXIT.ok : EXIT.findings;
}

function trustOf({ sinceLast, resume }: VerifyOptions): Trust {
  return sinceLast ? 'last' : resume ? 'unfinished' : 'nothing';
}

/** Only where it can be drawn, as for a run; the library is loaded only there. */
async function openBar(projectRoot: string, session: Session, options: VerifyOptions): Promise<ByteBar | undefined> {
  const { env, terminal } = session;
  if (options.json || !terminal.err.isTerminal || env.TERM === 'dumb' || env.CI) return undefined;
  const { startByteBar } = await import('../../report/byte-bar.ts');
  return startByteBar(process.stderr, 'verify', measureStore(storePaths(projectRoot)).sizeBytes);
}
