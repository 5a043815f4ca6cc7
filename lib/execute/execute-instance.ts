/** Runs a stale instance under its lease, as often as its retries allow. */
import { shortDigest } from '../base/digest.ts';
import { runAttempt } from './run-attempt.ts';
import { withLease } from './lease.ts';
import { isForced, type Task, type TaskDeps, type TaskEnd } from './task.ts';

/**
 * Executes a task once, or waits for another process that executes the same key and takes its result. Rejects only for bugs; what
 * the stage or the disk does wrong is the failure of the TaskEnd.
 */
export async function executeInstance(task: Task, deps: TaskDeps): Promise<TaskEnd> {
  const { key, instance } = task;
  const lease = {
    signal: deps.signal,
    onWaiting: (pid: number) => deps.emit({ kind: 'stage-waiting', instance: instance.id, pid }),
  };
  const end = await withLease(deps.lineage, key, instance.id, lease, () => executeLeased(task, deps));
  return end ?? { outcome: 'interrupted', executionId: null };
}

async function executeLeased(task: Task, deps: TaskDeps): Promise<TaskEnd> {
  const shared = isForced(task) ? undefined : findShared(task, deps);
  if (shared !== undefined) return shared;
  const earlier = deps.lineage.findResult(task.key)?.outputs;
  for (let attempt = 1; ; attempt++) {
    if (deps.signal.aborted) return { outcome: 'interrupted', executionId: null };
    const end = await runAttempt(task, attempt, deps);
    if (end.ok) {
      if (earlier !== undefined) warnOfDifference(task, earlier, end.outputs, deps);
      return { outcome: 'ran', outputs: end.outputs, executionId: end.executionId };
    }
    const { problem, failure, executionId } = end;
    if (problem.status === 'interrupted') return { outcome: 'interrupted', executionId };
    if (!problem.mayRetry || attempt > task.instance.retries || deps.signal.aborted) {
      return { outcome: 'failed', failure, executionId };
    }
    const next = { instance: task.instance.id, attempt: attempt + 1, problem: problem.message };
    deps.emit({ kind: 'stage-retrying', ...next });
  }
}

/** What another process made of the same key since this run decided. */
function findShared(task: Task, deps: TaskDeps): TaskEnd | undefined {
  const verdict = deps.planner.decide(task.instance, task.outputsOf);
  if (verdict.state !== 'cached') return undefined;
  const executionId = deps.lineage.findResult(verdict.key)?.executionId;
  return executionId === undefined ? undefined : { outcome: 'shared', outputs: verdict.outputs, executionId };
}

function warnOfDifference(
  { instance, key }: Task,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  { emit }: TaskDeps,
): void {
  const differing = Object.keys(after).filter((name) => before[name] !== undefined && before[name] !== after[name]);
  if (differing.length === 0) return;
  emit({
    kind: 'warning',
    message: `${instance.id} is not reproducible: the same action (${shortDigest(key)}) gave other bytes for ${differing.join(', ')}`,
  });
}
