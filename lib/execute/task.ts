/** What the parts of execute/ share: the tools of a run, and one instance that is to run. */
import type { Clock } from '../base/clock.ts';
import type { Digest } from '../base/digest.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { Action } from '../model/action.ts';
import type { RunEvent, StageFailure } from '../model/event.ts';
import type { OutputDigests, Reason } from '../model/plan.ts';
import type { Seal } from '../model/seal.ts';
import type { Pipeline, StageInstance } from '../model/stage.ts';
import type { OutputLookup } from '../plan/build-action.ts';
import type { Planner } from '../plan/planner.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import type { Bundles } from './bundles.ts';

export interface RunDeps {
  /** The one that made the plan, so that plan and run see the same project. */
  readonly planner: Planner;
  readonly store: ArtifactStore;
  readonly lineage: Lineage;
  readonly clock: Clock;
  /** Of the user who runs. */
  readonly seal: Seal;
  readonly projectRoot: string;
  readonly pipeline: Pipeline;
  /** Of the tool. A stage sees PATH and what it declares. */
  readonly env: NodeJS.ProcessEnv;
  readonly runId: number;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
  /** From SIGTERM to SIGKILL; 5 s unless given. */
  readonly graceMs?: number;
}

/** A stale instance with all that its execution needs. */
export interface Task {
  readonly instance: StageInstance;
  readonly action: Action;
  readonly key: Digest;
  readonly reasons: readonly Reason[];
  readonly outputsOf: OutputLookup;
}

export interface TaskDeps extends RunDeps {
  readonly bundles: Bundles;
}

export type TaskEnd =
  | { readonly outcome: 'ran' | 'shared'; readonly outputs: OutputDigests; readonly executionId: number }
  | { readonly outcome: 'failed'; readonly failure: StageFailure; readonly executionId: number }
  | { readonly outcome: 'interrupted'; readonly executionId: number | null };

export function isForced(task: Task): boolean {
  return task.reasons.some(({ kind }) => kind === 'forced');
}
