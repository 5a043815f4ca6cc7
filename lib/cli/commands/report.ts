/** `assay report [run]`: one page about a run, in one file. */
import { resolve } from 'node:path';
import { writeDurably } from '../../base/durable-write.ts';
import { findingCount } from '../../report/page/audit-sentence.ts';
import { PlotDrawer } from '../../report/page/draw-plot.ts';
import { renderRunPage } from '../../report/page/run-page.ts';
import { renderPlots } from '../../report/page/section-plots.ts';
import { formatCount, formatSize } from '../../report/quantities.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRun, latestRun } from '../history.ts';
import { checkRun, type Check } from '../page/check-run.ts';
import { ContentReader } from '../page/content-reader.ts';
import { gatherRunFacts } from '../page/run-facts.ts';
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
    const { check } = options;
    const isChecked = check !== 'none' && run.status !== 'running';
    const facts = await gatherRunFacts(
      {
        run,
        content: new ContentReader(parts.store),
        check: isChecked ? (artifacts) => checkRun(run.id, artifacts, check, parts, session) : null,
      },
      parts,
      session,
    );
    const page = renderRunPage(facts, await renderPlots(facts, new PlotDrawer()), { liveScript: null });
    if (options.out === '-') out.write(page);
    else writeDurably(resolve(session.cwd, options.out), page);
    const count = facts.audit === null ? 0 : findingCount(facts.audit);
    const verdict =
      facts.audit === null ? 'not checked' : count === 0 ? 'sound' : err.colors.red(formatCount(count, 'finding'));
    const what = `run ${run.id}, ${verdict}`;
    err.line(options.out === '-' ? what : `wrote ${options.out} (${formatSize(Buffer.byteLength(page))}): ${what}`);
    return count > 0 ? EXIT.findings : EXIT.ok;
  });
}
