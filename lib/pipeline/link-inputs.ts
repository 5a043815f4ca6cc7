/** Ties what a stage reads to the instances that make it. */
import { unreachable } from '../base/errors.ts';
import type { StageInput } from '../model/stage.ts';
import type { Expansion } from './expansion.ts';
import type { FieldReader } from './field-reader.ts';
import type { Axis } from './matrix.ts';
import type { ParamScope } from './param-scope.ts';
import { describePathProblem, type ProjectPaths } from './project-paths.ts';
import { parseReference, type Reference } from './references.ts';
import type { StageIndex } from './stage-index.ts';

export interface LinkContext {
  readonly reader: FieldReader;
  readonly base: ParamScope;
  readonly paths: ProjectPaths;
  readonly stages: StageIndex;
  readonly axes: readonly Axis[];
  /** Faults, already reported, may have left axes out. */
  readonly isBroken: boolean;
  readonly expansionOf: (stage: string) => Expansion | undefined;
}

/** An input as a function of the instance: its params, and its place on each axis. Undefined for a reported fault. */
export interface InputLink {
  readonly at: (scope: ParamScope, digits: readonly number[]) => StageInput | undefined;
  readonly isTouched: boolean;
}

/** `declared`: what the input refers to without any coordinate, by which the stage's axes were found. */
export function linkInput(
  context: LinkContext,
  input: string,
  raw: string,
  declared: Reference | undefined,
): InputLink {
  const { reader, base, axes } = context;
  const axisPaths = axes.map((axis) => axis.path);
  const isTouched = base.isTouchedBy(raw, axisPaths);
  if (!isTouched) {
    const link = declared === undefined ? undefined : linkReference(context, input, raw, declared);
    return { at: (_scope, digits) => link?.(digits), isTouched };
  }
  const known = new Map<string, ((digits: readonly number[]) => StageInput) | undefined>();
  return {
    isTouched,
    at: (scope, digits) => {
      const text = reader.text(scope, raw, ['inputs', input]);
      if (text === undefined) return undefined;
      if (!known.has(text)) {
        const reference = readReference(context, input, text);
        known.set(text, reference === undefined ? undefined : linkReference(context, input, text, reference));
      }
      return known.get(text)?.(digits);
    },
  };
}

/** Parses a reference and checks that there is such an output; a path is checked when it is linked. */
export function readReference(
  { reader, stages }: Pick<LinkContext, 'reader' | 'stages'>,
  input: string,
  text: string,
): Reference | undefined {
  const at = ['inputs', input];
  const reference = parseReference(text);
  if (reference === undefined) {
    const hint = stages.suggestOutput(text) ?? 'write stage.output, or ./path for a file of the project';
    reader.report('unknown-input', at, `the input "${input}" reads "${text}", which is neither an output nor a path.`, {
      hint,
    });
    return undefined;
  }
  if (reference.kind === 'path' || stages.hasOutput(reference.stage, reference.output)) return reference;
  if (!stages.isBroken(reference.stage)) {
    const { problems, stage } = reader;
    const message = `stage "${stage}" reads "${text}", which no stage produces.`;
    problems.add(
      'unknown-input',
      { path: ['stages', stage, ...at] },
      message,
      text.includes('/') ? `write "./${text}" for a file of the project` : stages.suggestReference(reference),
    );
  }
  return undefined;
}

function linkReference(
  context: LinkContext,
  input: string,
  text: string,
  reference: Reference,
): ((digits: readonly number[]) => StageInput) | undefined {
  const { reader, axes } = context;
  const at = ['inputs', input];
  const location = reader.locate(at);
  if (reference.kind === 'path') {
    const checked = context.paths.check(reference.path);
    if ('problem' in checked) {
      const { code, message, hint } = describePathProblem(checked.problem, reference.path);
      reader.report(code, at, `the input "${input}": ${message}`, { hint });
      return undefined;
    }
    const linked: StageInput = { kind: 'path', path: checked.path, location };
    return () => linked;
  }
  const source = context.expansionOf(reference.stage);
  if (source === undefined || source.isBroken) return undefined;
  const { output } = reference;
  switch (reference.kind) {
    case 'matching': {
      const match = source.matcher(axes);
      if (match === undefined) {
        if (context.isBroken) return undefined;
        const message = `"${text}" runs over a matrix, but which stage is read here depends on a matrix itself.`;
        reader.report('bad-template', at, message, {
          hint: `name one instance, or write ${source.stage}[*].${output}`,
        });
        return undefined;
      }
      return (digits) => ({ kind: 'output', instance: source.id(match(digits)), output, location });
    }
    case 'all': {
      if (source.axes.length === 0) {
        const message = `"${text}" collects instances, but stage "${source.stage}" has no matrix.`;
        reader.report('fan-in-without-matrix', at, message, { hint: `write ${source.stage}.${output}` });
        return undefined;
      }
      const linked: StageInput = { kind: 'all', stage: source.stage, members: source.members(output), location };
      return () => linked;
    }
    case 'chosen': {
      const index = source.findLabel(reference.label);
      if (index === undefined) {
        const message = `"${text}" names no instance: stage "${source.stage}" ${describeAxes(source)}.`;
        reader.report('unknown-input', at, message, { hint: suggestInstance(context, source, text, output) });
        return undefined;
      }
      const linked: StageInput = { kind: 'output', instance: source.id(index), output, location };
      return () => linked;
    }
    default:
      return unreachable(reference);
  }
}

export function describeAxes(source: Expansion): string {
  if (source.axes.length === 0) return 'has no matrix';
  return `runs over ${source.axes.map((axis, i) => `${source.axisNames[i]}=${axis.labels.slice(0, 5).join('|')}${axis.labels.length > 5 ? '|…' : ''}`).join(', ')}`;
}

function suggestInstance({ reader }: LinkContext, source: Expansion, text: string, output: string): string | undefined {
  if (source.axes.length === 0) return `write ${source.stage}.${output}`;
  // Beyond this, the nearest of many alike names is no help.
  if (source.labels.length > 1000) return undefined;
  return reader.problems.didYouMean(
    text,
    source.labels.map((_, i) => `${source.id(i)}.${output}`),
  );
}
