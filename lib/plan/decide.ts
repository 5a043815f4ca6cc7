/** The one staleness function. Plan and scheduler both call it, so that a preview never says other than what a run does. */
import type { Digest } from '../base/digest.ts';
import { unreachable } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { Damage } from '../model/artifact.ts';
import type { OutputDigests, Reason, Verdict } from '../model/plan.ts';
import { explainChange } from './explain-change.ts';

export type Facts =
  /** An input is not made yet, so there is no action to look up. */
  | { readonly kind: 'waiting'; readonly waitingOn: readonly string[] }
  | {
      readonly kind: 'known';
      readonly action: Action;
      readonly key: Digest;
      readonly isForced: boolean;
      readonly cache: CacheFacts;
    };

export type CacheFacts =
  | {
      readonly found: 'result';
      readonly outputs: OutputDigests;
      readonly damage: readonly OutputDamage[];
      readonly recordDamage: Damage | null;
    }
  /** `hasRun`: this very action succeeded once. `latest`: the one this instance last succeeded with. */
  | { readonly found: 'nothing'; readonly hasRun: boolean; readonly latest: Action | undefined };

export interface OutputDamage {
  readonly output: string;
  readonly damage: Damage;
}

/** Pure: equal facts give equal verdicts. Time, names and the order of things are not facts. */
export function decide(facts: Facts): Verdict {
  if (facts.kind === 'waiting') return { state: 'undecided', waitingOn: facts.waitingOn };
  const { action, key, cache, isForced } = facts;
  if (cache.found === 'result' && cache.damage.length === 0 && cache.recordDamage === null && !isForced) {
    return { state: 'cached', action, key, outputs: cache.outputs };
  }
  const reasons = [...reasonsToRun(action, cache), ...(isForced ? [{ kind: 'forced' } as const] : [])];
  return { state: 'stale', action, key, reasons };
}

function reasonsToRun(action: Action, cache: CacheFacts): readonly Reason[] {
  switch (cache.found) {
    case 'result':
      return [
        ...(cache.recordDamage === null ? [] : [{ kind: 'record-damaged', damage: cache.recordDamage } as const]),
        ...cache.damage.map(({ output, damage }) => ({ kind: 'damaged', output, damage }) as const),
      ];
    case 'nothing': {
      // Both can hold: an edit back to a state whose result was since removed.
      const changes: Reason[] = cache.latest === undefined ? [] : explainChange(cache.latest, action);
      if (cache.hasRun) changes.push({ kind: 'result-removed' });
      return changes.length > 0 ? changes : [{ kind: 'never-run' }];
    }
    default:
      return unreachable(cache);
  }
}
