/** Looks up what earlier runs recorded. */
import type { Lineage } from '../lineage/lineage.ts';
import type { Reason } from '../model/plan.ts';
import type { Execution, Run } from '../model/run.ts';
import { UsageError } from './usage-error.ts';

/** Why an execution was started, as its run's outcome says; empty while that run goes on or when it was killed. */
export function reasonsOf(lineage: Lineage, execution: Execution): readonly Reason[] {
  return lineage.outcomesOf(execution.runId).find(({ instance }) => instance === execution.instance)?.reasons ?? [];
}

/** Throws UsageError `unknown-run`. */
export function findRun(lineage: Lineage, id: number): Run {
  const run = lineage.findRun(id);
  if (run !== undefined) return run;
  const [latest] = lineage.listRuns(1);
  throw new UsageError('unknown-run', `there is no run ${id}`, {
    hint: latest === undefined ? 'nothing has run yet: assay run' : `the latest is run ${latest.id}`,
  });
}

/** Throws UsageError `no-run`. */
export function latestRun(lineage: Lineage): Run {
  const [latest] = lineage.listRuns(1);
  if (latest !== undefined) return latest;
  throw new UsageError('no-run', 'nothing has run here yet', { hint: 'assay run' });
}
