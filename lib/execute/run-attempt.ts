/** The life of one execution: sandbox, process, checks, store, record. */
import type { Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import { shellQuote } from '../base/shell-quote.ts';
import { resultRecord } from '../lineage/result-record.ts';
import { leaseLost, type Commit } from '../lineage/recorder.ts';
import type { StageFailure } from '../model/event.ts';
import type { OutputDigests } from '../model/plan.ts';
import type { ExecutionEnd, ExpectationRecord } from '../model/run.ts';
import { CHECKPOINT_NOTE, CheckpointSeal } from './checkpoint-seal.ts';
import { inspectOutputs } from './collect-outputs.ts';
import { checkFreshOutputs } from './expectations.ts';
import { findEdits, refuseModifiedInputs } from './recheck.ts';
import { keepOutputs, leaveSandbox, storeLog, warnOfLeftovers } from './leave-sandbox.ts';
import { runProcess, type ProcessEnd } from './run-process.ts';
import { prepareSandbox, type Sandbox } from './sandbox.ts';
import { contextPathOf, markerOf, sandboxFolder } from './sandbox-paths.ts';
import { stageCommand, stageEnvironment } from './stage-command.ts';
import { editedWhileRunning, judgeEnd, problemOf, type Problem } from './stage-problem.ts';
import { stopMarked } from './stop-group.ts';
import { isForced, type Task, type TaskDeps } from './task.ts';

export type AttemptEnd =
  | { readonly ok: true; readonly executionId: number; readonly outputs: OutputDigests }
  | {
      readonly ok: false;
      readonly executionId: number;
      readonly problem: Problem;
      readonly failure: StageFailure;
    };

/** Filled in as the execution goes, so that its record says as much as was known when it ended. */
interface Trace {
  readonly checkpoint: CheckpointSeal;
  sandbox: Sandbox | null;
  end: ProcessEnd | null;
  logDigest: Digest | null;
}

/** Runs a task once and records it, however it ends. The caller holds the lease of the key. Rejects only for bugs. */
export async function runAttempt(task: Task, attempt: number, deps: TaskDeps): Promise<AttemptEnd> {
  const { instance, action, key } = task;
  const start = { instance: instance.id, stage: instance.stage, key, action, startedAtMs: deps.clock.nowMs() };
  const executionId = deps.lineage.startExecution({ ...start, runId: deps.runId, attempt, pid: process.pid });
  const checkpoint = new CheckpointSeal(sandboxFolder(deps.store.paths.staging, key), key, deps.seal);
  const trace: Trace = { checkpoint, sandbox: null, end: null, logDigest: null };
  let problem: Problem;
  try {
    const results = await makeResults(task, attempt, deps, trace);
    if ('outputs' in results) return commitResults(start, executionId, results, trace, deps);
    problem = results.problem;
  } catch (error) {
    if (!(error instanceof UserError)) {
      recordFailure(task, executionId, bugOf(error), trace, deps);
      throw error;
    }
    problem = problemOf(error);
  }
  return recordFailure(task, executionId, problem, trace, deps);
}

type Results = Pick<Commit, 'inputs' | 'outputs' | 'metrics' | 'expectations'>;

async function makeResults(
  task: Task,
  attempt: number,
  deps: TaskDeps,
  trace: Trace,
): Promise<Results | { readonly problem: Problem }> {
  const { instance, action } = task;
  const sandbox = await openSandbox(task, attempt, deps, trace.checkpoint);
  trace.sandbox = sandbox;
  deps.emit({ kind: 'stage-started', instance: instance.id, attempt, reasons: task.reasons, logPath: sandbox.logPath });
  const stopSealing = trace.checkpoint.watch();
  const end = await runStageProcess(task, sandbox, deps).finally(stopSealing);
  trace.end = end;
  trace.logDigest = storeLog(sandbox.logPath, end, deps);
  warnOfLeftovers(instance.id, end, deps);

  // First of all: an altered input is in the store, whatever became of the stage that altered it.
  if (end.how !== 'not-started') refuseModifiedInputs(deps.store, sandbox.inputs);
  const problem = judgeEnd(instance, end);
  if (problem !== null) return { problem };
  const metrics = inspectOutputs(instance.outputs, sandbox.outputsFolder);
  const edits = await findEdits(instance, action, task.outputsOf, deps);
  if (edits.length > 0) throw editedWhileRunning(edits);
  const onChecked = (record: ExpectationRecord): void =>
    deps.emit({ kind: 'expectation-checked', instance: instance.id, record });
  const expectations = checkFreshOutputs(instance, action, sandbox, { ...deps, onChecked });
  const outputs = Object.entries(instance.outputs).map(([name, kind]) => ({
    name,
    kind,
    artifact: deps.store.putOutput(sandbox.outputPaths[name] as string),
  }));
  return { inputs: sandbox.inputs, outputs, metrics, expectations };
}

async function openSandbox(task: Task, attempt: number, deps: TaskDeps, checkpoint: CheckpointSeal): Promise<Sandbox> {
  const { instance, action, key } = task;
  const { program } = instance;
  const programText = program.kind === 'module' ? await deps.bundles.textOf(program.path, action.code) : null;
  // We hold the lease, so what still runs in this sandbox was left by an engine that died.
  await stopMarked(markerOf(contextPathOf(sandboxFolder(deps.store.paths.staging, key))), deps.graceMs);
  const keepsCheckpoint = attempt > 1 || !isForced(task);
  const unsealed = keepsCheckpoint ? checkpoint.dropUnsealed() : [];
  for (const path of unsealed) {
    const message = `${instance.id} does not continue from ${path}: it is not as this user's Assay left it`;
    deps.emit({ kind: 'warning', message });
  }
  const { projectRoot, store } = deps;
  return prepareSandbox({ projectRoot, store, instance, action, key, programText, keepsCheckpoint });
}

function runStageProcess({ instance, action }: Task, sandbox: Sandbox, deps: TaskDeps): Promise<ProcessEnd> {
  const { emit } = deps;
  return runProcess({
    ...stageCommand(instance, sandbox),
    cwd: sandbox.folder,
    env: stageEnvironment(action, sandbox, deps.env),
    contextPath: sandbox.contextPath,
    logPath: sandbox.logPath,
    timeoutMs: instance.timeoutMs,
    ...(deps.graceMs === undefined ? {} : { graceMs: deps.graceMs }),
    signal: deps.signal,
    onText: (stream, text) => emit({ kind: 'stage-output', instance: instance.id, stream, text }),
    onMessage: (message) => {
      if (message.type === 'message') emit({ kind: 'stage-message', instance: instance.id, message: message.text });
      else {
        const { done, total, unit, label } = message;
        emit({ kind: 'stage-progress', instance: instance.id, done, total, unit, label });
      }
    },
    onMalformed: (line) =>
      emit({
        kind: 'warning',
        message: `${instance.id} sent a message that is none: ${JSON.stringify(line.slice(0, 200))}`,
      }),
  });
}

function commitResults(
  start: Parameters<typeof resultRecord>[0],
  executionId: number,
  results: Results,
  trace: Trace,
  deps: TaskDeps,
): AttemptEnd {
  const commit = { executionId, end: endOf('ok', trace, deps), ...results };
  // Blobs and manifests are stored by now; the record before the row that names it, and the row last of all.
  const recordDigest = deps.store.putBytes(resultRecord(start, commit));
  deps.lineage.commitResult({ ...commit, recordDigest });
  leaveSandbox(start.key, [], deps);
  const outputs = Object.fromEntries(results.outputs.map(({ name, artifact }) => [name, artifact.digest]));
  return { ok: true, executionId, outputs };
}

function recordFailure(task: Task, executionId: number, problem: Problem, trace: Trace, deps: TaskDeps): AttemptEnd {
  const { instance, key } = task;
  const { sandbox } = trace;
  deps.lineage.failExecution(executionId, endOf(problem.status, trace, deps));
  // Where another process took over, the folder is its own by now, and what went wrong may be its doing.
  if (!deps.lineage.holdsLease(key, process.pid)) {
    const taken = problem.status === 'interrupted' ? problem : problemOf(leaseLost(instance.id));
    return { ok: false, executionId, problem: taken, failure: failureOf(task, taken, trace, null) };
  }
  const quarantinePath = sandbox === null ? null : keepOutputs(executionId, sandbox, deps);
  // A checkpoint of code or inputs that are not the key's must not be continued from under that key.
  const isTrusted = problem.code !== 'tainted-by-edit' && problem.code !== 'input-modified';
  if (isTrusted) trace.checkpoint.sealAll();
  leaveSandbox(key, isTrusted ? ['log.txt', 'checkpoint', CHECKPOINT_NOTE] : ['log.txt'], deps);
  return { ok: false, executionId, problem, failure: failureOf(task, problem, trace, quarantinePath) };
}

function failureOf(
  { instance }: Task,
  problem: Problem,
  { end, sandbox }: Trace,
  quarantinePath: string | null,
): StageFailure {
  return {
    code: problem.code,
    message: problem.message,
    hint: problem.hint ?? `assay log ${shellQuote(instance.id)}`,
    logPath: end === null || end.isLogEmpty ? null : (sandbox?.logPath ?? null),
    logTail: end?.logTail ?? [],
    quarantinePath,
  };
}

function endOf(status: ExecutionEnd['status'], trace: Trace, deps: TaskDeps): ExecutionEnd {
  return {
    status,
    endedAtMs: deps.clock.nowMs(),
    exitCode: trace.end?.exitCode ?? null,
    signal: trace.end?.signal ?? null,
    peakMemoryBytes: trace.end?.peakMemoryBytes ?? null,
    logDigest: trace.logDigest,
  };
}

function bugOf(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  return { status: 'failed', code: 'internal-error', message, hint: undefined, mayRetry: false };
}
