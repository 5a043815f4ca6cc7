/** `assay run`: makes what is stale, and nothing else. */
import type { RunEvent } from '../../model/event.ts';
import type { Plan } from '../../model/plan.ts';
import type { StageOutcome } from '../../model/run.ts';
import { Planner } from '../../plan/planner.ts';
import { settleCached } from '../cached-run.ts';
import { showCurrent } from '../current-view.ts';
import type { ExecuteRequest } from '../execute-run.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openReporter } from '../open-reporter.ts';
import { forcedStages, plannerDeps, planTargets, type ForceOption } from '../planning.ts';
import { findProjectRoot, loadPipeline, type PipelineOptions } from '../project.ts';
import { RunEnding } from '../run-ending.ts';
import { describeRunStart } from '../run-start.ts';
import type { Session } from '../session.ts';
import { withParts, type Parts } from '../wire.ts';

export interface RunOptions extends PipelineOptions {
  readonly jobs?: number;
  readonly force?: ForceOption;
  readonly keepGoing?: true;
  readonly json?: true;
}

export async function runCommand(session: Session, targets: readonly string[], options: RunOptions): Promise<ExitCode> {
  const startedAtMs = session.clock.elapsedMs();
  const projectRoot = findProjectRoot(session);
  const pipeline = await loadPipeline(projectRoot, session, options);
  const force = forcedStages(pipeline, targets, options.force);
  return withParts(projectRoot, session, async (parts) => {
    const planner = new Planner(plannerDeps(parts, session, pipeline, force));
    const plan = await planTargets(parts, session, pipeline, targets, force, planner);
    return runPlan({ plan, planner, options, startedAtMs }, parts, session);
  });
}

interface RunRequest {
  readonly plan: Plan;
  readonly planner: Planner;
  readonly options: RunOptions;
  readonly startedAtMs: number;
}

async function runPlan(request: RunRequest, parts: Parts, session: Session): Promise<ExitCode> {
  const { plan, options } = request;
  const { terminal, clock } = session;
  const { lineage, sizeOf } = parts;
  const typicalMs = (): ReadonlyMap<string, number> => lineage.meanDurations(plan.pipeline.profile);
  if (plan.pipeline.note !== null && !options.json) terminal.err.line(plan.pipeline.note);
  const reporter = await openReporter({ terminal, sizeOf, clock, typicalMs }, options.json === true, session.env);
  const ending = new RunEnding();
  const emit = (event: RunEvent): void => {
    ending.note(event);
    reporter.handle(event);
  };
  try {
    const { runId, outcomes, wasInterrupted } = await bringAbout(
      request,
      { emit, closeReporter: () => reporter.close() },
      parts,
      session,
    );
    const isOk = outcomes.every(({ outcome }) => ['cached', 'ran', 'shared'].includes(outcome));
    const status = wasInterrupted ? 'interrupted' : isOk ? 'ok' : 'failed';
    lineage.endRun(runId, status, clock.nowMs());
    showCurrent(plan.pipeline, outcomes, parts);
    const durationMs = clock.elapsedMs() - request.startedAtMs;
    emit({ kind: 'run-finished', runId, status, durationMs });
    // Bars go before lines that must stay; a JSON reporter closes last, because its closing event ends the output.
    if (!options.json) reporter.close();
    const run = { pipeline: plan.pipeline, outcomes, durationMs, isOk: status === 'ok' };
    ending.print(run, reporter, parts, terminal, session.cwd);
    return status === 'ok' ? EXIT.ok : status === 'failed' ? EXIT.failed : EXIT.interrupted;
  } finally {
    reporter.close();
  }
}

interface RunResult {
  readonly runId: number;
  readonly outcomes: readonly StageOutcome[];
  readonly wasInterrupted: boolean;
}

/** Everything is cached more often than not, and then nothing of the executor, of git or of bars is loaded. */
async function bringAbout(
  request: RunRequest,
  show: Pick<ExecuteRequest, 'emit' | 'closeReporter'>,
  parts: Parts,
  session: Session,
): Promise<RunResult> {
  const { plan, planner, options } = request;
  const { emit } = show;
  const cached = await settleCached(plan, parts, session);
  const git = cached === null ? await (await import('../git-facts.ts')).readGitFacts(parts.projectRoot) : null;
  const runId = parts.lineage.startRun(describeRunStart(session, plan.pipeline, git));
  emit({ kind: 'run-started', runId, plan });
  if (cached !== null) {
    for (const outcome of cached.outcomes) emit({ kind: 'stage-finished', outcome, failure: null });
    for (const check of cached.checks) emit(check);
    parts.lineage.recordOutcomes(runId, cached.outcomes);
    return { runId, outcomes: cached.outcomes, wasInterrupted: false };
  }
  const { executeRun } = await import('../execute-run.ts');
  const { jobs = null, keepGoing = false } = options;
  const executed = await executeRun({ plan, planner, runId, jobs, keepGoing, ...show }, parts, session);
  return { runId, ...executed };
}
