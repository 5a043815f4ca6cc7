/** What would happen, and why. */
import type { Json } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import type { Action } from './action.ts';
import type { Damage } from './artifact.ts';
import type { Pipeline, StageInstance } from './stage.ts';

export interface Plan {
  readonly pipeline: Pipeline;
  /** In the pipeline's order; only what the targets need. */
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  readonly instance: StageInstance;
  readonly verdict: Verdict;
}

export type Verdict =
  | { readonly state: 'cached'; readonly action: Action; readonly key: Digest; readonly outputs: OutputDigests }
  | { readonly state: 'stale'; readonly action: Action; readonly key: Digest; readonly reasons: readonly Reason[] }
  /** Waits on instances whose outputs are not known yet. */
  | { readonly state: 'undecided'; readonly waitingOn: readonly string[] };

/** Output name to artifact. */
export type OutputDigests = Readonly<Record<string, Digest>>;

export type Reason =
  | { readonly kind: 'never-run' }
  /** A field of the action differs from the latest one recorded for this instance: `params.attack.count`. */
  | { readonly kind: 'changed'; readonly field: string; readonly from: Json | undefined; readonly to: Json | undefined }
  /** The action was run before, but this store no longer holds its result. */
  | { readonly kind: 'result-removed' }
  | { readonly kind: 'damaged'; readonly output: string; readonly damage: Damage }
  /** The record of what the action made, without which the database would have to be believed. */
  | { readonly kind: 'record-damaged'; readonly damage: Damage }
  | { readonly kind: 'forced' };
