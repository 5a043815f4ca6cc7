/** `assay why <stage>`: the exact fields that make it stale now, and why it last ran. */
import type { PlanStep } from '../../model/plan.ts';
import { renderWhy, whyJson, type LastRan } from '../../report/render-why.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findInstances, planTargets } from '../planning.ts';
import { findProjectRoot, loadPipeline, type PipelineOptions } from '../project.ts';
import { printJson, printLines } from '../print.ts';
import type { Session } from '../session.ts';
import { withParts, type Parts } from '../wire.ts';
import { reasonsOf } from '../history.ts';

export interface WhyOptions extends PipelineOptions {
  readonly json?: true;
}

export async function whyCommand(session: Session, stage: string, options: WhyOptions): Promise<ExitCode> {
  const projectRoot = findProjectRoot(session);
  const pipeline = await loadPipeline(projectRoot, session, options);
  const ids = new Set(findInstances(pipeline, stage).map(({ id }) => id));
  await withParts(projectRoot, session, async (parts) => {
    const plan = await planTargets(parts, session, pipeline, [...ids]);
    const steps = plan.steps.filter(({ instance }) => ids.has(instance.id));
    const answers = steps.map((step) => ({ step, lastRan: findLastRan(parts, step) }));
    const { out } = session.terminal;
    if (options.json)
      printJson(
        out,
        answers.map(({ step, lastRan }) => whyJson(step, lastRan)),
      );
    else
      printLines(
        out,
        answers.flatMap(({ step, lastRan }, index) => [
          ...(index > 0 ? [''] : []),
          ...renderWhy(step, lastRan, out.colors),
        ]),
      );
  });
  return EXIT.ok;
}

function findLastRan({ lineage }: Parts, { instance }: PlanStep): LastRan | null {
  const [execution] = lineage.executionsOf(instance.id, 1);
  if (execution === undefined) return null;
  return {
    runId: execution.runId,
    executionId: execution.id,
    atMs: execution.startedAtMs,
    durationMs: execution.endedAtMs === null ? null : execution.endedAtMs - execution.startedAtMs,
    reasons: reasonsOf(lineage, execution),
  };
}
