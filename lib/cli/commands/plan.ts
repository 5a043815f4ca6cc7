/** `assay plan`: what would run, and why. Changes nothing. */
import { planJson, renderPlan } from '../../report/render-plan.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { forcedStages, planTargets, type ForceOption } from '../planning.ts';
import { findProjectRoot, loadPipeline, type PipelineOptions } from '../project.ts';
import { printJson, printLines } from '../print.ts';
import type { Session } from '../session.ts';
import { withParts } from '../wire.ts';

export interface PlanOptions extends PipelineOptions {
  readonly force?: ForceOption;
  readonly json?: true;
}

export async function planCommand(
  session: Session,
  targets: readonly string[],
  options: PlanOptions,
): Promise<ExitCode> {
  const projectRoot = findProjectRoot(session);
  const pipeline = await loadPipeline(projectRoot, session, options);
  await withParts(projectRoot, session, async (parts) => {
    const plan = await planTargets(parts, session, pipeline, targets, forcedStages(pipeline, targets, options.force));
    const { out } = session.terminal;
    if (options.json) printJson(out, planJson(plan));
    else printLines(out, renderPlan(plan, parts.sizeOf, out.colors));
  });
  return EXIT.ok;
}
