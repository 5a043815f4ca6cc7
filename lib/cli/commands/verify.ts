/** `assay verify`: reads everything that is stored and says what is not as it was. Changes nothing unless asked to repair. */
import { KeyStore } from '../../audit/keys.ts';
import { UserSeal } from '../../audit/user-seal.ts';
import type { VerifyReport } from '../../audit/verify/finding.ts';
import type { Trust } from '../../audit/verify/verify-memory.ts';
import { verifyStore } from '../../audit/verify/verify-store.ts';
import type { ByteBar } from '../../report/byte-bar.ts';
import { renderRepair, renderVerify } from '../../report/render-verify.ts';
import { storePaths } from '../../store/layout.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readNamedKeys } from '../known-keys.ts';
import { measureStore } from '../measure-store.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, type PipelineOptions } from '../project.ts';
import type { Session } from '../session.ts';
import { isLogSound, judgeLog, renderLogVerdict } from '../verify-with-log.ts';

export interface VerifyOptions extends PipelineOptions {
  readonly sinceLast?: true;
  readonly resume?: true;
  readonly repair?: true;
  readonly key?: readonly string[];
  readonly json?: true;
}

/** Mending one thing may show another: a row that was put back may name a file that is gone. */
const MOST_ROUNDS = 4;

export async function verifyCommand(session: Session, options: VerifyOptions): Promise<ExitCode> {
  const projectRoot = findProjectRoot(session);
  // A slip of the pen is not to cost the reading of the store.
  readNamedKeys(session, options.key ?? []);
  const verified = await verifyOnce(projectRoot, session, options, trustOf(options));
  const { out } = session.terminal;
  if (!options.repair || verified.isSound) {
    if (!options.json) printLines(out, renderVerify(verified, out.colors));
    return endWithLog(projectRoot, session, options, verified);
  }
  if (!options.json) printLines(out, renderVerify(verified, out.colors));
  const { report, done } = await repair(projectRoot, session, options, verified);
  if (!options.json) printLines(out, renderRepair(done, report, out.colors));
  return endWithLog(projectRoot, session, options, { ...report, repaired: { findings: verified.findings, done } });
}

/** The log comes last: what a repair could bring back is then no finding of it any more, and what is gone for good still is. */
function endWithLog(
  projectRoot: string,
  session: Session,
  options: VerifyOptions,
  report: VerifyReport & { readonly repaired?: object },
): ExitCode {
  const { out } = session.terminal;
  const log = judgeLog(projectRoot, session, options.key ?? []);
  const isSound = report.isSound && isLogSound(log);
  if (options.json) printJson(out, { ...report, isSound, log });
  else printLines(out, renderLogVerdict(log, out.colors));
  return isSound ? EXIT.ok : EXIT.findings;
}

/** Mends and verifies again, from content, until all is sound or nothing more can be done. */
async function repair(
  projectRoot: string,
  session: Session,
  options: VerifyOptions,
  first: VerifyReport,
): Promise<{ report: VerifyReport; done: readonly string[] }> {
  const { repairStore } = await import('../repair-store.ts');
  const runSession = options.json
    ? { ...session, terminal: { out: session.terminal.err, err: session.terminal.err } }
    : session;
  const done: string[] = [];
  let report = first;
  for (let round = 1; round <= MOST_ROUNDS && !report.isSound; round++) {
    const before = JSON.stringify(report.findings);
    done.push(...(await repairStore(projectRoot, runSession, report.findings, options)));
    report = await verifyOnce(projectRoot, session, options, 'nothing');
    if (JSON.stringify(report.findings) === before) break;
  }
  return { report, done };
}

async function verifyOnce(
  projectRoot: string,
  session: Session,
  options: VerifyOptions,
  trust: Trust,
): Promise<VerifyReport> {
  const bar = await openBar(projectRoot, session, options);
  try {
    const seal = new UserSeal(KeyStore.open(session.env));
    return verifyStore(projectRoot, session.clock, { trust, seal, onRead: (doneBytes) => bar?.update(doneBytes) });
  } finally {
    bar?.stop();
  }
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
