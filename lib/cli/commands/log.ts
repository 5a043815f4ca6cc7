/** `assay log <stage>`: when it was executed, why, how it ended, and what it wrote. */
import { nearestName } from '../../base/did-you-mean.ts';
import type { Execution } from '../../model/run.ts';
import { renderLog, type ExecutionJson, type LogJson } from '../../report/render-log.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { reasonsOf } from '../history.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { withParts, type Parts } from '../wire.ts';

export interface LogOptions {
  readonly execution?: number;
  readonly json?: true;
}

/** More are in the database; this many fit a screen. */
const EXECUTIONS_SHOWN = 20;
/** Where stage names of the past are looked for when one is not known. */
const RUNS_SEARCHED = 20;

/** `what`: a stage, an instance, or `stage:NAME`, for one that is called as a subcommand is. */
export async function logCommand(session: Session, what: string, options: LogOptions): Promise<ExitCode> {
  // No name of a stage has a colon.
  const stage = what.replace(/^stage:/, '');
  await withParts(findProjectRoot(session), session, async (parts) => {
    const own = parts.lineage.executionsOf(stage, EXECUTIONS_SHOWN);
    const executions = own.length > 0 ? own : executionsBehind(parts, stage);
    if (executions.length === 0) throw neverExecuted(parts, stage);
    const chosen = chooseExecution(parts, stage, executions, options.execution);
    const json: LogJson = {
      stage,
      executions: executions.map((execution) => executionJson(parts, execution)),
      log: readLog(parts, chosen),
    };
    const { out } = session.terminal;
    if (options.json) printJson(out, json);
    else printLines(out, renderLog(json, out.colors));
  });
  return EXIT.ok;
}

/** Of an instance that never ran itself, because it shares its action with one that did: that one's latest. */
function executionsBehind({ lineage }: Parts, instance: string): Execution[] {
  for (const { id } of lineage.listRuns(RUNS_SEARCHED)) {
    const outcome = lineage.outcomesOf(id).find((each) => each.instance === instance && each.executionId !== null);
    const execution = outcome?.executionId == null ? undefined : lineage.findExecution(outcome.executionId);
    if (execution !== undefined) return [execution];
  }
  return [];
}

function chooseExecution(
  { lineage }: Parts,
  stage: string,
  executions: readonly Execution[],
  id: number | undefined,
): Execution | undefined {
  if (id === undefined) return executions[0];
  const execution = lineage.findExecution(id);
  if (execution !== undefined && (execution.stage === stage || execution.instance === stage)) return execution;
  throw new UsageError('unknown-execution', `${stage} has no execution ${id}`, {
    hint: `the latest are ${executions
      .slice(0, 5)
      .map((each) => each.id)
      .join(', ')}`,
  });
}

function readLog({ store }: Parts, execution: Execution | undefined): LogJson['log'] {
  if (execution === undefined || execution.logDigest === null) return null;
  return { executionId: execution.id, text: store.readBlob(execution.logDigest).toString('utf8') };
}

function executionJson({ lineage }: Parts, execution: Execution): ExecutionJson {
  const {
    id,
    runId,
    instance,
    attempt,
    status,
    startedAtMs,
    endedAtMs,
    exitCode,
    signal,
    peakMemoryBytes,
    key,
    logDigest,
  } = execution;
  return {
    id,
    runId,
    instance,
    attempt,
    status,
    reasons: reasonsOf(lineage, execution),
    startedAtMs,
    durationMs: endedAtMs === null ? null : endedAtMs - startedAtMs,
    exitCode,
    signal,
    peakMemoryBytes,
    key,
    logDigest,
  };
}

function neverExecuted({ lineage }: Parts, stage: string): UsageError {
  const names = lineage.listRuns(RUNS_SEARCHED).flatMap(({ id }) => lineage.outcomesOf(id).map((each) => each.stage));
  const nearest = nearestName(stage, new Set(names));
  return new UsageError('never-executed', `no stage "${stage}" was ever executed in this store`, {
    hint: nearest === undefined ? 'assay status lists the stages' : `did you mean "${nearest}"?`,
  });
}
