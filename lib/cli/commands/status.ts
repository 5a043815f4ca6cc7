/** `assay status`: each stage now, the last run, the size of the store. */
import { renderStatus, statusJson, type LastExecution } from '../../report/render-status.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { planTargets } from '../planning.ts';
import { findProjectRoot, loadPipeline, type PipelineOptions } from '../project.ts';
import { printJson, printLines } from '../print.ts';
import type { Session } from '../session.ts';
import { measureStore } from '../measure-store.ts';
import { withParts } from '../wire.ts';

export interface StatusOptions extends PipelineOptions {
  readonly json?: true;
}

export async function statusCommand(
  session: Session,
  targets: readonly string[],
  options: StatusOptions,
): Promise<ExitCode> {
  const projectRoot = findProjectRoot(session);
  const pipeline = await loadPipeline(projectRoot, session, options);
  await withParts(projectRoot, session, async (parts) => {
    const { lineage, store, sizeOf } = parts;
    const plan = await planTargets(parts, session, pipeline, targets);
    const lastExecutions = new Map<string, LastExecution>();
    for (const { instance } of plan.steps) {
      const [execution] = lineage.executionsOf(instance.id, 1);
      if (execution === undefined) continue;
      const { id: executionId, runId, status, startedAtMs } = execution;
      lastExecutions.set(instance.id, { executionId, runId, status, startedAtMs });
    }
    const [run] = lineage.listRuns(1);
    const lastRun = run === undefined ? null : { id: run.id, status: run.status, startedAtMs: run.startedAtMs };
    const size = measureStore(store.paths);
    const { out } = session.terminal;
    if (options.json) printJson(out, statusJson(plan, lastExecutions, lastRun, size));
    else printLines(out, renderStatus(plan, lastExecutions, lastRun, size, sizeOf, out.colors));
  });
  return EXIT.ok;
}
