/** `targets:` what is run when the command line names nothing. */
import type { Json } from '../base/canonical-json.ts';
import type { StageInstance } from '../model/stage.ts';
import { describe } from './describe-value.ts';
import type { Params } from './params.ts';
import type { Problems } from './problems.ts';
import { nameTargets, nearestTarget, type NamedInstances } from './select-targets.ts';
import type { StageIndex } from './stage-index.ts';
import type { TreePath } from './yaml-tree.ts';

export interface TargetsContext {
  readonly params: Params;
  readonly problems: Problems;
  readonly stages: StageIndex;
  /** Without those of stages that are at fault. */
  readonly instances: readonly StageInstance[];
}

/**
 * A list of what the command line takes too: stages, instances, outputs. An entry that is one template, or `targets` as a whole, may
 * give a list. Empty when the file has no `targets`, and after a fault, which is reported.
 */
export function readTargets(targets: readonly string[] | string | undefined, context: TargetsContext): string[] {
  if (targets === undefined) return [];
  const entries: [string, TreePath][] =
    typeof targets === 'string' ? [[targets, ['targets']]] : targets.map((raw, i) => [raw, ['targets', i]]);
  const names = nameTargets(context.instances);
  const read = entries.map(([raw, path]) => readEntry(raw, path, names, context));
  if (read.includes(undefined)) return [];
  const found = read.flatMap((entry) => entry ?? []);
  if (found.length === 0) {
    const hint = 'leave out "targets" where everything is to run';
    context.problems.add('wrong-type', { path: ['targets'] }, '"targets" names nothing to run.', hint);
  }
  return found;
}

function readEntry(raw: string, path: TreePath, names: NamedInstances, context: TargetsContext): string[] | undefined {
  const { params, problems } = context;
  const resolved = params.scope.text(raw);
  if (!resolved.ok) {
    const { code, message, hint, isElsewhere } = resolved.error;
    if (!isElsewhere) problems.add(code, { path }, `targets: ${message}`, hint);
    return undefined;
  }
  const { value } = resolved;
  const given = Array.isArray(value) ? (value as Json[]) : [value];
  const texts = given.filter((text) => typeof text === 'string');
  if (texts.length < given.length) {
    const strange = given.find((text) => typeof text !== 'string') as Json;
    const message = `targets: "${raw}" must give names of stages, instances or outputs; found ${describe(strange)}.`;
    problems.add('wrong-type', { path }, message);
    return undefined;
  }
  for (const text of texts) checkName(text, path, names, context);
  return texts;
}

function checkName(text: string, path: TreePath, names: NamedInstances, context: TargetsContext): void {
  if (names.has(text)) return;
  const { problems, stages, instances } = context;
  // A stage at fault has no instances to be found by.
  const stage = /^[^.[]*/.exec(text)?.[0] ?? '';
  if (stages.isBroken(stage) || (stages.has(stage) && !names.has(stage))) return;
  const message = `targets: "${text}" is no stage, instance or output.`;
  problems.add('unknown-target', { path }, message, nearestTarget(text, instances, names));
}
