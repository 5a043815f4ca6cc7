/** Hands a plan to the executor, and stops it when the user says so. */
import { dirname } from 'node:path';
import { KeyStore } from '../audit/keys.ts';
import { UserSeal } from '../audit/user-seal.ts';
import { executePlan } from '../execute/execute-plan.ts';
import { findMarkedProcesses } from '../execute/processes.ts';
import { contextPathOf, markerOf } from '../execute/sandbox-paths.ts';
import { systemErrorCode } from '../base/errors.ts';
import type { RunEvent } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { StageOutcome } from '../model/run.ts';
import type { Planner } from '../plan/planner.ts';
import { catchInterrupts } from './interrupts.ts';
import { readMachineCapacity } from './machine-capacity.ts';
import { RunStatements } from './run-statements.ts';
import type { Session } from './session.ts';
import type { Parts } from './wire.ts';

export interface ExecuteRequest {
  readonly plan: Plan;
  readonly planner: Planner;
  readonly runId: number;
  /** Null: as many as there are cores. */
  readonly jobs: number | null;
  readonly keepGoing: boolean;
  readonly emit: (event: RunEvent) => void;
  /** Gives the terminal back before this process is ended. */
  readonly closeReporter: () => void;
}

export interface ExecutedRun {
  readonly outcomes: readonly StageOutcome[];
  readonly wasInterrupted: boolean;
}

export async function executeRun(request: ExecuteRequest, parts: Parts, session: Session): Promise<ExecutedRun> {
  const { plan, planner, runId, keepGoing, emit } = request;
  /** Sandboxes in which something may be running. */
  const sandboxes = new Map<string, string>();
  const statements = new RunStatements(runId, parts, session, (message) => emit({ kind: 'warning', message }));
  const interrupts = catchInterrupts(
    () =>
      emit({ kind: 'warning', message: 'interrupted; stopping the running stages (Ctrl-C again kills them at once)' }),
    () => {
      request.closeReporter();
      killMarked(sandboxes.values());
    },
  );
  const { cpus, availableMemoryMb, gpus } = readMachineCapacity();
  try {
    const outcomes = await executePlan(
      plan.steps.map(({ instance }) => instance),
      {
        planner,
        store: parts.store,
        lineage: parts.lineage,
        clock: session.clock,
        seal: new UserSeal(KeyStore.open(session.env)),
        projectRoot: parts.projectRoot,
        pipeline: plan.pipeline,
        env: session.env,
        runId,
        emit: (event) => {
          if (event.kind === 'stage-started') sandboxes.set(event.instance, dirname(event.logPath));
          if (event.kind === 'stage-finished') sandboxes.delete(event.outcome.instance);
          emit(event);
          statements.note(event);
        },
        signal: interrupts.signal,
        jobs: request.jobs ?? cpus,
        keepGoing,
        availableMemoryMb,
        gpus,
      },
    );
    statements.finish();
    return { outcomes, wasInterrupted: interrupts.signal.aborted };
  } finally {
    interrupts.release();
  }
}

/** At once and whatever they do about it. */
function killMarked(sandboxes: Iterable<string>): void {
  for (const folder of sandboxes) {
    for (const pid of findMarkedProcesses(markerOf(contextPathOf(folder)))) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        // Gone between being listed and now.
        if (systemErrorCode(error) !== 'ESRCH') throw error;
      }
    }
  }
}
