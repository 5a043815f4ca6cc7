/** The part of a pipeline that the command line asks for. */
import { err, ok, type Result } from '../base/result.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Pipeline, StageInput, StageInstance } from '../model/stage.ts';
import { didYouMean } from './problems.ts';

/**
 * The instances that the targets name and all that these need, in the pipeline's order. A target is a stage (all its instances),
 * an instance, or `stage.output`. No targets: everything. The error names every target that is none.
 */
export function selectTargets(
  pipeline: Pipeline,
  targets: readonly string[],
): Result<readonly StageInstance[], Diagnostic[]> {
  if (targets.length === 0) return ok(pipeline.instances);
  const named = new Map<string, StageInstance[]>();
  const name = (target: string, instance: StageInstance) => {
    const known = named.get(target);
    if (known === undefined) named.set(target, [instance]);
    else if (known.at(-1) !== instance) known.push(instance);
  };
  for (const instance of pipeline.instances) {
    for (const owner of instance.id === instance.stage
      ? [instance.stage]
      : [instance.stage, `${instance.stage}[*]`, instance.id]) {
      name(owner, instance);
      for (const output of Object.keys(instance.outputs)) name(`${owner}.${output}`, instance);
    }
  }
  const wanted = new Set<string>();
  const unknown: Diagnostic[] = [];
  for (const target of targets) {
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

function describeUnknown(target: string, pipeline: Pipeline, named: ReadonlyMap<string, unknown>): Diagnostic {
  const stages = [...new Set(pipeline.instances.map((instance) => instance.stage))];
  // Instances by the thousand are not searched for a slip of the fingers.
  const candidates = named.size > 10_000 ? stages : named.keys();
  const hint = didYouMean(target, candidates) ?? (stages.length > 20 ? undefined : `stages: ${stages.join(', ')}`);
  const message = `"${target}" is no stage, instance or output of ${pipeline.file}.`;
  return { code: 'unknown-target', message, ...(hint === undefined ? {} : { hint }) };
}
