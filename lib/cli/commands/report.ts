/** `assay report [run]`: one page about a run, in one file. */
import { resolve } from 'node:path';
import { writeDurably } from '../../base/durable-write.ts';
import { findingCount } from '../../report/page/audit-sentence.ts';
import { PlotDrawer } from '../../report/page/draw-plot.ts';
import type { AuditFacts } from '../../report/page/facts.ts';
import { formatCount, formatSize } from '../../report/quantities.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRun, latestRun } from '../history.ts';
import type { Check } from '../page/check-run.ts';
import { makePage } from '../page/make-page.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { withParts } from '../wire.ts';

export interface ReportOptions {
  /** A file, or `-` for stdout. */
  readonly out: string;
  readonly check: Check;
}

export async function reportCommand(
  session: Session,
  runId: number | undefined,
  options: ReportOptions,
): Promise<ExitCode> {
  const { out, err } = session.terminal;
  return withParts(findProjectRoot(session), session, async (parts) => {
    const run = runId === undefined ? latestRun(parts.lineage) : findRun(parts.lineage, runId);
    const tools = { drawer: new PlotDrawer(), kept: new Map() };
    const { page, facts } = await makePage({ run, check: options.check, liveScript: null }, tools, parts, session);
    const isPrinted = options.out === '-';
    if (isPrinted) out.write(page);
    else writeDurably(resolve(session.cwd, options.out), page);
    const what = `run ${run.id}, ${verdictOf(facts.audit)}`;
    err.line(isPrinted ? what : `wrote ${options.out} (${formatSize(Buffer.byteLength(page))}): ${what}`);
    return facts.audit !== null && findingCount(facts.audit) > 0 ? EXIT.findings : EXIT.ok;
  });
}

function verdictOf(audit: AuditFacts | null): string {
  if (audit === null) return 'not checked';
  const count = findingCount(audit);
  return count === 0 ? 'sound' : formatCount(count, 'finding');
}
