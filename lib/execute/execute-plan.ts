/**
 * The scheduler: starts each instance when its inputs are known and the machine has room, and asks again, with the inputs in hand,
 * whether it needs to run at all. An upstream stage that ran and made the same bytes leaves everything below it cached.
 */
import { setMaxListeners } from 'node:events';
import type { Digest } from '../base/digest.ts';
import { InternalError, unreachable, UserError } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { StageFailure } from '../model/event.ts';
import type { Verdict } from '../model/plan.ts';
import type { ExpectationRecord, StageOutcome } from '../model/run.ts';
import type { StageInstance } from '../model/stage.ts';
import type { OutputLookup } from '../plan/build-action.ts';
import { refuseContradicted } from '../plan/vouched-outputs.ts';
import { Bundles } from './bundles.ts';
import { failureOf, INTERRUPTED, NOTHING, SKIPPED, type Ending } from './ending.ts';
import { checkCachedOutputs } from './expectations.ts';
import { startHeartbeat } from './lease.ts';
import { stopLostExecutions } from './lost-executions.ts';
import { canStart, exceeding, giveBack, openPool, take, type ResourceName, type ResourcePool } from './resources.ts';
import type { RunDeps, Task, TaskDeps } from './task.ts';

export interface ExecuteDeps extends RunDeps {
  /** Stages at one time, and the cpus that they share. */
  readonly jobs: number;
  /** After a failure: go on with all that does not need what failed. Otherwise start nothing more and let what runs finish. */
  readonly keepGoing: boolean;
  readonly availableMemoryMb: number;
  readonly gpus: number;
}

/**
 * Brings every instance to an outcome, in the order given: each after all that it reads. Emits what happens, records outcomes. When
 * the signal comes all that runs is stopped and the rest is 'interrupted'. Rejects for bugs, after stopping what runs, and
 * with the UserErrors of Planner.prepare.
 */
export async function executePlan(
  instances: readonly StageInstance[],
  deps: ExecuteDeps,
): Promise<readonly StageOutcome[]> {
  deps.store.hold();
  const stopHeartbeat = startHeartbeat(deps.lineage);
  try {
    await stopLostExecutions(deps);
    await deps.planner.prepare(instances);
    return await new Scheduler(instances, deps).run();
  } finally {
    stopHeartbeat();
    deps.store.release();
    deps.lineage.statCache.flush();
  }
}

class Scheduler {
  readonly #deps: ExecuteDeps;
  readonly #taskDeps: TaskDeps;
  readonly #instances: readonly StageInstance[];
  /** A bug in one task stops the others through this, as a signal does. */
  readonly #bugAbort = new AbortController();
  readonly #outcomes = new Map<string, StageOutcome>();
  /** Decided to be stale, by instance. */
  readonly #tasks = new Map<string, Task>();
  /** Instances whose tasks run, by key: an action that two instances share is executed once. */
  readonly #running = new Map<Digest, string>();
  /** What became of the keys that this run executed. */
  readonly #ended = new Map<Digest, Ending>();
  /** Executions whose outputs are those of their result records. */
  readonly #vouched = new Set<number>();
  #unrecorded: StageOutcome[] = [];
  #pool: ResourcePool;
  #hasFailed = false;
  #bug: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  constructor(instances: readonly StageInstance[], deps: ExecuteDeps) {
    const { jobs, availableMemoryMb, gpus } = deps;
    this.#instances = instances;
    this.#deps = deps;
    const signal = AbortSignal.any([deps.signal, this.#bugAbort.signal]);
    // Each running process listens; more than ten of them are no leak.
    setMaxListeners(0, signal);
    this.#taskDeps = { ...deps, signal, bundles: new Bundles(deps.projectRoot) };
    this.#pool = openPool({ jobs, cpus: jobs, memoryMb: availableMemoryMb, gpus });
  }

  async run(): Promise<readonly StageOutcome[]> {
    for (;;) {
      try {
        if (this.#bug === null) this.#advance();
      } catch (error) {
        this.#giveUp(error);
      }
      if (this.#running.size === 0) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#bug !== null) {
      this.#recordWhatEnded();
      throw this.#bug.error;
    }
    return this.#instances.map(({ id }) => {
      const outcome = this.#outcomes.get(id);
      if (outcome === undefined) throw new InternalError(`the scheduler left ${id} without an outcome`);
      return outcome;
    });
  }

  /** Takes every instance as far as it goes now. One pass is enough, as each comes after all that it reads. */
  #advance(): void {
    for (const instance of this.#instances) if (!this.#outcomes.has(instance.id)) this.#advanceInstance(instance);
    this.#record();
  }

  #record(): void {
    this.#deps.lineage.recordOutcomes(this.#deps.runId, this.#unrecorded);
    this.#unrecorded = [];
  }

  /** What came to an end while a bug stopped the rest. */
  #recordWhatEnded(): void {
    try {
      this.#record();
    } catch (error) {
      // A database that takes no more is likely what the bug is about: it is told of by the error that comes next.
      if (!(error instanceof UserError)) throw error;
    }
  }

  #advanceInstance(instance: StageInstance): void {
    const { id, resources } = instance;
    const known = this.#tasks.get(id);
    if (known !== undefined && this.#running.get(known.key) === id) return;
    const needed = neededInstances(instance).map((upstream) => this.#outcomes.get(upstream)?.outcome);
    if (this.#taskDeps.signal.aborted || needed.includes('interrupted')) return this.#end(instance, INTERRUPTED);
    if (needed.includes('failed') || needed.includes('skipped')) return this.#end(instance, SKIPPED);
    if (needed.includes(undefined)) return;
    // Also after a failure, when nothing starts any more: what is cached is told of.
    const task = known ?? this.#decide(instance);
    if (task === undefined) return;
    const twin = this.#ended.get(task.key);
    if (twin !== undefined) return this.#endAsTwin(instance, task.action, twin);
    if (this.#hasFailed && !this.#deps.keepGoing) return this.#end(instance, { ...SKIPPED, key: task.key });
    if (!this.#running.has(task.key) && canStart(this.#pool, resources)) this.#start(task);
  }

  /** The task of a stale instance. Ends a cached one, and one about which nothing can be found out; then undefined. */
  #decide(instance: StageInstance): Task | undefined {
    const outputsOf: OutputLookup = ({ instance: id, output }) => this.#outcomes.get(id)?.outputs[output];
    try {
      const verdict = this.#deps.planner.decide(instance, outputsOf);
      switch (verdict.state) {
        case 'cached':
          this.#endCached(instance, verdict);
          return undefined;
        case 'stale': {
          const { action, key, reasons } = verdict;
          const task = { instance, action, key, reasons, outputsOf };
          this.#tasks.set(instance.id, task);
          return task;
        }
        case 'undecided':
          throw new InternalError(`${instance.id} still waits on ${verdict.waitingOn.join(', ')}`);
        default:
          return unreachable(verdict);
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#end(instance, { ...NOTHING, outcome: 'failed', failure: failureOf(error) });
      return undefined;
    }
  }

  #endCached(instance: StageInstance, { action, key, outputs }: Extract<Verdict, { state: 'cached' }>): void {
    const executionId = this.#deps.lineage.findResult(key)?.executionId ?? null;
    this.#endWithResult(instance, action, { ...NOTHING, outcome: 'cached', key, executionId, outputs });
  }

  /** The second of two instances with one action finds the first one's result, or has its failure. */
  #endAsTwin(instance: StageInstance, action: Action, twin: Ending): void {
    const hasResult = twin.outcome === 'ran' || twin.outcome === 'shared';
    if (hasResult) this.#endWithResult(instance, action, { ...twin, outcome: 'cached', durationMs: 0 });
    else this.#end(instance, { ...twin, durationMs: 0 });
  }

  /** Ends it with what was made before or elsewhere, if that is what it expects: `expect` is no part of the key. */
  #endWithResult(instance: StageInstance, action: Action, ending: Ending): void {
    const onChecked = (record: ExpectationRecord): void =>
      this.#deps.emit({ kind: 'expectation-checked', instance: instance.id, record });
    try {
      checkCachedOutputs(instance, action, ending.outputs, { ...this.#deps, onChecked });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return this.#end(instance, { ...ending, outcome: 'failed', outputs: {}, failure: failureOf(error) });
    }
    this.#end(instance, ending);
  }

  #start(task: Task): void {
    const { instance, key, reasons } = task;
    const { clock, emit } = this.#deps;
    const refusal = this.#refuseInputs(instance);
    if (refusal !== null) return this.#end(instance, { ...NOTHING, outcome: 'failed', key, reasons, failure: refusal });
    // With one job at a time every stage runs alone, whatever it needs.
    const exceeded = this.#deps.jobs === 1 ? [] : exceeding(this.#pool.capacity, instance.resources);
    for (const { name, needed, available } of exceeded) {
      const message = `${instance.id} needs ${needed} ${UNITS[name]}; there are ${available}: it runs alone`;
      emit({ kind: 'warning', message });
    }
    this.#pool = take(this.#pool, instance.resources);
    this.#running.set(key, instance.id);
    const startedMs = clock.elapsedMs();
    // Imported here: all that runs processes, which a run with nothing to do need not load.
    import('./execute-instance.ts')
      .then(({ executeInstance }) => executeInstance(task, this.#taskDeps))
      .then((end) => {
        const ending: Ending = { ...NOTHING, ...end, key, reasons, durationMs: clock.elapsedMs() - startedMs };
        this.#ended.set(key, ending);
        if (ending.outcome === 'shared') this.#endWithResult(instance, task.action, ending);
        else this.#end(instance, ending);
      })
      .catch((error: unknown) => this.#giveUp(error))
      .finally(() => {
        this.#pool = giveBack(this.#pool, instance.resources);
        this.#running.delete(key);
        this.#wake();
      });
  }

  /** Holds what it would read of earlier runs against their result records, each result once. */
  #refuseInputs(instance: StageInstance): StageFailure | null {
    for (const upstream of neededInstances(instance)) {
      const { outcome, executionId, outputs } = this.#outcomes.get(upstream) as StageOutcome;
      if (outcome === 'ran' || executionId === null || this.#vouched.has(executionId)) continue;
      try {
        refuseContradicted(upstream, executionId, outputs, this.#deps);
        this.#vouched.add(executionId);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return failureOf(error);
      }
    }
    return null;
  }

  /** Stops what runs; `run` throws the error when it has ended. */
  #giveUp(error: unknown): void {
    this.#bug ??= { error };
    this.#bugAbort.abort();
  }

  #end(instance: StageInstance, { failure, ...ending }: Ending): void {
    const outcome: StageOutcome = { instance: instance.id, stage: instance.stage, ...ending };
    this.#outcomes.set(instance.id, outcome);
    this.#unrecorded.push(outcome);
    this.#tasks.delete(instance.id);
    if (ending.outcome === 'failed') this.#hasFailed = true;
    this.#deps.emit({ kind: 'stage-finished', outcome, failure });
  }
}

const UNITS: Readonly<Record<ResourceName, string>> = { cpus: 'cpus', memoryMb: 'MB of memory', gpus: 'gpus' };

function neededInstances(instance: StageInstance): readonly string[] {
  return Object.values(instance.inputs).flatMap((input) => {
    switch (input.kind) {
      case 'path':
        return [];
      case 'output':
        return [input.instance];
      case 'all':
        return input.members.map((member) => member.instance);
      default:
        return unreachable(input);
    }
  });
}
