/** A run in which nothing is stale: it starts no process and loads nothing of the executor. */
import type { Plan, PlanStep } from '../model/plan.ts';
import type { RunEvent } from '../model/event.ts';
import type { StageOutcome } from '../model/run.ts';
import { UserError } from '../base/errors.ts';
import type { Session } from './session.ts';
import type { Parts } from './wire.ts';

type CheckedEvent = Extract<RunEvent, { kind: 'expectation-checked' }>;

export interface CachedRun {
  readonly outcomes: readonly StageOutcome[];
  readonly checks: readonly CheckedEvent[];
}

/** Null when something is stale, or a cached result is not what is expected of it: then the run goes its full way. */
export async function settleCached(plan: Plan, parts: Parts, session: Session): Promise<CachedRun | null> {
  if (plan.steps.some(({ verdict }) => verdict.state !== 'cached')) return null;
  const checks = await checkExpectations(plan, parts, session);
  if (checks === null) return null;
  return { outcomes: plan.steps.flatMap((step) => cachedOutcome(step, parts)), checks };
}

async function checkExpectations(
  plan: Plan,
  { store, lineage }: Parts,
  session: Session,
): Promise<CheckedEvent[] | null> {
  const expecting = plan.steps.filter(({ instance }) => Object.keys(instance.expect).length > 0);
  if (expecting.length === 0) return [];
  const [{ checkCachedOutputs }, { KeyStore }, { UserSeal }] = await Promise.all([
    import('../execute/expectations.ts'),
    import('../audit/keys.ts'),
    import('../audit/user-seal.ts'),
  ]);
  const seal = new UserSeal(KeyStore.open(session.env));
  const checks: CheckedEvent[] = [];
  try {
    for (const { instance, verdict } of expecting) {
      if (verdict.state !== 'cached') continue;
      checkCachedOutputs(instance, verdict.action, verdict.outputs, {
        store,
        lineage,
        clock: session.clock,
        seal,
        onChecked: (record) => checks.push({ kind: 'expectation-checked', instance: instance.id, record }),
      });
    }
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
  return checks;
}

function cachedOutcome({ instance, verdict }: PlanStep, { lineage }: Parts): StageOutcome[] {
  if (verdict.state !== 'cached') return [];
  return [
    {
      instance: instance.id,
      stage: instance.stage,
      outcome: 'cached',
      key: verdict.key,
      reasons: [],
      executionId: lineage.findResult(verdict.key)?.executionId ?? null,
      outputs: verdict.outputs,
      durationMs: 0,
    },
  ];
}
