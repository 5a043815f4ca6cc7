/** The part of a pipeline that the command line asks for. */
import { err, ok, type Result } from '../base/result.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Pipeline, StageInput, StageInstance } from '../model/stage.ts';
import { didYouMean } from './problems.ts';

/** By the names under which a target can ask for them: a stage (all its instances), an instance, `stage.output`. */
export type NamedInstances = ReadonlyMap<string, readonly StageInstance[]>;

export function nameTargets(instances: readonly StageInstance[]): NamedInstances {
  const named = new Map<string, StageInstance[]>();
  const name = (target: string, instance: StageInstance) => {
    const known = named.get(target);
    if (known === undefined) named.set(target, [instance]);
    else if (known.at(-1) !== instance) known.push(instance);
  };
  for (const instance of instances) {
    for (const owner of instance.id === instance.stage
      ? [instance.stage]
      : [instance.stage, `${instance.stage}[*]`, instance.id]) {
      name(owner, instance);
      for (const output of Object.keys(instance.outputs)) name(`${owner}.${output}`, instance);
    }
  }
  return named;
}

/**
 * The instances that the targets name and all that these need, in the pipeline's order. No targets: those of the file, and where it has
 * none either, everything. The error names every target that is none.
 */
export function selectTargets(
  pipeline: Pipeline,
  targets: readonly string[],
): Result<readonly StageInstance[], Diagnostic[]> {
  const asked = targets.length === 0 ? pipeline.targets : targets;
  if (asked.length === 0) return ok(pipeline.instances);
  const named = nameTargets(pipeline.instances);
  const wanted = new Set<string>();
  const unknown: Diagnostic[] = [];
  for (const target of asked) {
    const found = named.get(target);
    if (found === undefined) unknown.push(describeUnknown(target, pipeline, named));
    else for (const instance of found) wanted.add(instance.id);
  }
  if (unknown.length > 0) return err(unknown);

  // Backwards, each instance is met before all that it reads.
  for (const instance of [...pipeline.instances].reverse()) {
    if (wanted.has(instance.id)) for (const input of Object.values(instance.inputs)) addSources(input, wanted);
  }
  return ok(pipeline.instances.filter((instance) => wanted.has(instance.id)));
}

function addSources(input: StageInput, wanted: Set<string>): void {
  if (input.kind === 'output') wanted.add(input.instance);
  else if (input.kind === 'all') for (const member of input.members) wanted.add(member.instance);
}

function describeUnknown(target: string, { file, instances }: Pipeline, named: NamedInstances): Diagnostic {
  const hint = nearestTarget(target, instances, named);
  const message = `"${target}" is no stage, instance or output of ${file}.`;
  return { code: 'unknown-target', message, ...(hint === undefined ? {} : { hint }) };
}

/** `did you mean "train"?`, or what there is. */
export function nearestTarget(
  target: string,
  instances: readonly StageInstance[],
  named: NamedInstances,
): string | undefined {
  const stages = [...new Set(instances.map((instance) => instance.stage))];
  // Instances by the thousand are not searched for a slip of the fingers.
  const candidates = named.size > 10_000 ? stages : named.keys();
  return didYouMean(target, candidates) ?? (stages.length > 20 ? undefined : `stages: ${stages.join(', ')}`);
}
