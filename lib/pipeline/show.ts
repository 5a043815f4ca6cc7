/** `show:` text outputs that a run prints when it ends. */
import type { OutputReference } from '../model/stage.ts';
import type { Expansion } from './expansion.ts';
import { describeAxes } from './link-inputs.ts';
import type { Params } from './params.ts';
import type { Problems } from './problems.ts';
import { parseReference } from './references.ts';
import type { StageIndex } from './stage-index.ts';

export interface ShowContext {
  readonly params: Params;
  readonly problems: Problems;
  readonly stages: StageIndex;
  readonly expansions: ReadonlyMap<string, Expansion>;
}

/** A matrix stage's output stands for that of all its instances, with or without `[*]`. */
export function readShow(show: readonly string[], context: ShowContext): OutputReference[] {
  return show.flatMap((raw, i) => {
    const resolved = context.params.scope.text(raw);
    if (resolved.ok) return readEntry(String(resolved.value), i, context);
    const { code, message, hint, isElsewhere } = resolved.error;
    if (!isElsewhere) context.problems.add(code, { path: ['show', i] }, `show: ${message}`, hint);
    return [];
  });
}

function readEntry(text: string, i: number, { problems, stages, expansions }: ShowContext): OutputReference[] {
  const report = (code: string, message: string, hint?: string): [] => {
    problems.add(code, { path: ['show', i] }, `show: ${message}`, hint);
    return [];
  };
  const reference = parseReference(text);
  if (reference === undefined || reference.kind === 'path') {
    return report('unknown-output', `"${text}" is not an output.`, stages.suggestOutput(text) ?? 'write stage.output');
  }
  const { stage, output } = reference;
  const kind = stages.kindOf(stage, output);
  if (kind === undefined) {
    if (stages.isBroken(stage)) return [];
    return report('unknown-output', `"${text}" is an output of no stage.`, stages.suggestReference(reference));
  }
  if (kind !== 'file' && kind !== 'metrics') {
    return report('wrong-type', `only outputs of kind file and metrics are text; "${text}" is of kind ${kind}.`);
  }
  const source = expansions.get(stage);
  if (source === undefined || source.isBroken) return [];
  if (reference.kind !== 'chosen') {
    const count = source.axes.length === 0 ? 1 : source.labels.length;
    return Array.from({ length: count }, (_, index) => ({ instance: source.id(index), output }));
  }
  const index = source.findLabel(reference.label);
  if (index !== undefined) return [{ instance: source.id(index), output }];
  return report('unknown-output', `"${text}" names no instance: stage "${stage}" ${describeAxes(source)}.`);
}
