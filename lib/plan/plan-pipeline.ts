/** What would happen now, and why: the verdict on every instance, in order. */
import type { Plan, PlanStep } from '../model/plan.ts';
import type { OutputDigests } from '../model/plan.ts';
import type { StageInstance } from '../model/stage.ts';
import { Planner, type PlannerDeps } from './planner.ts';

/**
 * Plans the instances, which come each after all that it reads. Outputs of cached steps are fed forward; what reads a stale or
 * undecided step is undecided, because that step may yet make the same bytes. Runs nothing and keeps nothing but what it learned of
 * files (stat cache, closures); findDamage moves altered blobs aside. Pass the `planner` that a run goes on with.
 */
export async function planPipeline(
  instances: readonly StageInstance[],
  deps: PlannerDeps,
  planner: Planner = new Planner(deps),
): Promise<Plan> {
  await planner.prepare(instances);
  const known = new Map<string, OutputDigests>();
  const steps = instances.map((instance): PlanStep => {
    const verdict = planner.decide(instance, ({ instance: id, output }) => known.get(id)?.[output]);
    if (verdict.state === 'cached') known.set(instance.id, verdict.outputs);
    return { instance, verdict };
  });
  deps.lineage.statCache.flush();
  return { pipeline: deps.pipeline, steps };
}
