/** From a run to its page: gathered, checked, drawn. */
import type { Run } from '../../model/run.ts';
import type { PlotDrawer } from '../../report/page/draw-plot.ts';
import type { RunFacts } from '../../report/page/facts.ts';
import { renderRunPage } from '../../report/page/run-page.ts';
import { renderPlots } from '../../report/page/section-plots.ts';
import type { Session } from '../session.ts';
import type { Parts } from '../wire.ts';
import { checkRun, type Check } from './check-run.ts';
import { ContentReader } from './content-reader.ts';
import { gatherRunFacts } from './run-facts.ts';

export interface PageRequest {
  readonly run: Run;
  readonly check: Check;
  /** Of a page that renews itself; null for a file. */
  readonly liveScript: string | null;
}

/** What one page after another can use again. */
export interface PageTools {
  readonly drawer: PlotDrawer;
  /** Contents that were read, by what and of which artifact. */
  readonly kept: Map<string, unknown>;
}

/** Changes nothing. A run that goes on is not checked: its artifacts are still being written. */
export async function makePage(
  { run, check, liveScript }: PageRequest,
  { drawer, kept }: PageTools,
  parts: Parts,
  session: Session,
): Promise<{ readonly page: string; readonly facts: RunFacts }> {
  const isChecked = check !== 'none' && run.status !== 'running';
  const request = {
    run,
    content: new ContentReader(parts.store, kept),
    check: isChecked ? (artifacts: RunFacts['artifacts']) => checkRun(run.id, artifacts, check, parts, session) : null,
  };
  const facts = await gatherRunFacts(request, parts, session);
  return { page: renderRunPage(facts, await renderPlots(facts, drawer), { liveScript }), facts };
}
