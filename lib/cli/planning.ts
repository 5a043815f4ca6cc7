/** Plans the part of a pipeline that a command speaks of. */
import type { Plan } from '../model/plan.ts';
import type { Pipeline, StageInstance } from '../model/stage.ts';
import { nearestName } from '../base/did-you-mean.ts';
import { selectTargets } from '../pipeline/select-targets.ts';
import { planPipeline } from '../plan/plan-pipeline.ts';
import type { Planner, PlannerDeps } from '../plan/planner.ts';
import type { Session } from './session.ts';
import { orThrow, UsageError } from './usage-error.ts';
import type { Parts } from './wire.ts';

/** `--force`: bare, or the stages it names. */
export type ForceOption = true | readonly string[];

/** `planner`: one that goes on to run the plan; the same force must be in it. */
export function planTargets(
  parts: Parts,
  session: Session,
  pipeline: Pipeline,
  targets: readonly string[],
  force: ReadonlySet<string> = new Set(),
  planner?: Planner,
): Promise<Plan> {
  const instances = orThrow(selectTargets(pipeline, targets));
  return planPipeline(instances, plannerDeps(parts, session, pipeline, force), planner);
}

export function plannerDeps(
  { projectRoot, store, lineage }: Parts,
  { clock, env }: Session,
  pipeline: Pipeline,
  force: ReadonlySet<string>,
): PlannerDeps {
  return { projectRoot, store, lineage, clock, env, pipeline, force };
}

/** Bare: what the targets name, or everything without targets. Throws UsageError for a name that is no stage. */
export function forcedStages(
  pipeline: Pipeline,
  targets: readonly string[],
  option: ForceOption | undefined,
): ReadonlySet<string> {
  if (option === undefined) return new Set();
  if (option !== true) return new Set(option.flatMap((name) => findInstances(pipeline, name).map(({ id }) => id)));
  if (targets.length === 0) return new Set(pipeline.instances.map(({ id }) => id));
  return new Set(
    targets.flatMap((target) => findInstances(pipeline, stageOfTarget(pipeline, target)).map(({ id }) => id)),
  );
}

/** The instances that a stage's name or an instance's id names. Throws UsageError `unknown-stage`. */
export function findInstances(pipeline: Pipeline, name: string): readonly StageInstance[] {
  const found = pipeline.instances.filter(({ id, stage }) => id === name || stage === name);
  if (found.length > 0) return found;
  const names = new Set(pipeline.instances.flatMap(({ id, stage }) => [stage, id]));
  const nearest = nearestName(name, names);
  throw new UsageError('unknown-stage', `no stage is named "${name}"`, {
    hint:
      nearest === undefined
        ? `the stages are ${[...new Set(pipeline.instances.map(({ stage }) => stage))].join(', ')}`
        : `did you mean "${nearest}"?`,
  });
}

/** Of `stage.output`, the stage; matrix coordinates may hold dots too, so known names come first. */
function stageOfTarget(pipeline: Pipeline, target: string): string {
  if (pipeline.instances.some(({ id, stage }) => id === target || stage === target)) return target;
  const dot = dotOfOutput(target);
  return dot < 0 ? target : target.slice(0, dot);
}

/**
 * Where `stage[axis=0.5].table.txt` goes over from the instance to its output; -1: nowhere. A dot in a coordinate belongs to the
 * instance, one further on to the output.
 */
export function dotOfOutput(target: string): number {
  return target.indexOf('.', Math.max(0, target.lastIndexOf(']')));
}
