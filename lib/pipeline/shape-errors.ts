/** What the shape found wrong, in the words of the file: located, with the nearest known name. */
import type * as z from 'zod/mini';
import type { Json } from '../base/canonical-json.ts';
import { OUTPUT_KINDS } from '../model/stage.ts';
import { describe } from './describe-value.ts';
import { isMap } from './param-tree.ts';
import type { Problems } from './problems.ts';
import { pipelineShape, type PipelineShape } from './shape.ts';
import type { TreePath } from './yaml-tree.ts';

export interface ShapedPipeline {
  /** Without the stages and entries that are too wrong to be read further. */
  readonly pipeline: PipelineShape;
  /** Stages whose faults are already reported: what refers to them is not judged. */
  readonly brokenStages: ReadonlySet<string>;
}

type Issue = z.core.$ZodIssue;

const NAME_RULE = 'must start with a letter and hold at most 64 letters, digits, "_" and "-"';

/** Checks the shape and reports every fault. Undefined when nothing of the file can be read further. */
export function readShape(problems: Problems): ShapedPipeline | undefined {
  const { value } = problems.tree;
  if (value === null || isEmptyPipeline(value)) {
    const blame = { path: value === null ? [] : ['stages'], part: 'key' as const };
    problems.add(
      'empty-pipeline',
      blame,
      'the pipeline declares no stage.',
      'stages: { name: { program: …, outputs: … } }',
    );
    return undefined;
  }
  const version = valueAt(value, ['version']);
  if (version !== undefined && version !== 1) {
    const message = `this Assay reads version 1 of pipeline files, not version ${describe(version)}.`;
    problems.add('unsupported-version', { path: ['version'] }, message, 'version: 1');
    return undefined;
  }
  const checked = pipelineShape.safeParse(value);
  if (checked.success) return { pipeline: checked.data, brokenStages: new Set() };
  for (const issue of checked.error.issues) reportIssue(issue, problems);
  return keepSound(value, checked.error.issues);
}

function isEmptyPipeline(value: Json): boolean {
  const stages = valueAt(value, ['stages']);
  return stages === null || (isMap(stages) && Object.keys(stages).length === 0);
}

function reportIssue(issue: Issue, problems: Problems): void {
  const path = issue.path as TreePath;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(path);
      for (const key of issue.keys) {
        const message = `${subject(path)}unknown key "${key}".`;
        const hint = problems.didYouMean(key, known) ?? `known keys: ${known.join(', ')}`;
        problems.add('unknown-key', { path: [...path, key], part: 'key' }, message, hint);
      }
      return;
    }
    case 'invalid_key': {
      const rule = path[2] === 'outputs' ? `${NAME_RULE}, with single dots between` : NAME_RULE;
      problems.add('bad-name', { path, part: 'key' }, `${nameKind(path)} "${path.at(-1)}" ${rule}.`);
      return;
    }
    case 'invalid_union': {
      // The alternative that fits the value up to something inside it says more than all of them together.
      const nearest = issue.errors.find((inner) => inner.every((each) => each.path.length > 0));
      if (nearest === undefined) return reportWrongType(issue, problems);
      for (const inner of nearest) reportIssue({ ...inner, path: [...issue.path, ...inner.path] } as Issue, problems);
      return;
    }
    default:
      reportWrongType(issue, problems);
  }
}

function reportWrongType(issue: Issue, problems: Problems): void {
  const path = issue.path as TreePath;
  const { value } = problems.tree;
  const found = valueAt(value, path);
  if (found === undefined) {
    const where = subject(path.slice(0, -1));
    const message = `${where}"${path.at(-1)}" is missing.`;
    problems.add('missing-key', { path: path.slice(0, -1), part: 'key' }, message, `it is ${issue.message}`);
    return;
  }
  const hint =
    typeof found === 'string' && issue.code === 'invalid_value' ? problems.didYouMean(found, OUTPUT_KINDS) : undefined;
  const message = `${subject(path)}${quotedEntry(path)}must be ${issue.message}; found ${describe(found)}.`;
  problems.add('wrong-type', { path }, message, hint);
}

/** Drops every entry whose issue is more than an unknown key: a stage as a whole, of other keys the faulty part. */
function keepSound(value: Json, issues: readonly Issue[]): ShapedPipeline | undefined {
  if (!isMap(value)) return undefined;
  const serious = issues.filter((issue) => issue.code !== 'unrecognized_keys');
  const brokenStages = new Set(
    serious.flatMap(({ path }) => (path[0] === 'stages' && path.length > 1 ? [String(path[1])] : [])),
  );
  const brokenKeys = new Set(serious.flatMap(({ path }) => (path[0] === 'stages' && path.length > 1 ? [] : [path[0]])));
  if (brokenKeys.has(undefined) || brokenKeys.has('stages') || brokenKeys.has('params') || brokenKeys.has('profiles'))
    return undefined;
  const kept = Object.fromEntries(Object.entries(value).filter(([key]) => !brokenKeys.has(key)));
  const stages = Object.entries(value['stages'] as Record<string, Json>).filter(([name]) => !brokenStages.has(name));
  return { pipeline: { ...kept, version: 1, stages: Object.fromEntries(stages) } as PipelineShape, brokenStages };
}

/** `stage "pretrain": ` for what lies in a stage, the dotted path for what lies elsewhere. */
function subject(path: TreePath): string {
  if (path[0] === 'stages' && path.length > 1) return `stage "${path[1]}": `;
  return path.length > 1 ? `"${path[0]}": ` : '';
}

/** The entry inside its subject: `"resources.cpus" `. */
function quotedEntry(path: TreePath): string {
  const inside = path[0] === 'stages' ? path.slice(path.length > 1 ? 2 : 0) : path.slice(path.length > 1 ? 1 : 0);
  if (inside.length === 0) return path.length === 0 ? 'the pipeline ' : 'it ';
  const words = inside.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${step}`;
  }, '');
  return `"${words}" `;
}

function nameKind(path: TreePath): string {
  if (path.length === 2) return path[0] === 'stages' ? 'the stage name' : 'the profile name';
  return `stage "${path[1]}": the ${path[2] === 'outputs' ? 'output' : 'input'} name`;
}

function valueAt(value: Json, path: TreePath): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string | number, Json>)[step];
  }
  return found;
}

/** The keys that the shape knows at a path. */
function keysAt(path: TreePath): string[] {
  let schema: z.core.$ZodType = pipelineShape;
  for (const step of path) {
    const { def } = unwrap(schema)._zod as unknown as {
      def: { shape?: Record<string, z.core.$ZodType>; valueType?: z.core.$ZodType };
    };
    schema = def.shape?.[step] ?? def.valueType ?? schema;
  }
  const { def } = unwrap(schema)._zod as unknown as { def: { shape?: object } };
  return Object.keys(def.shape ?? {});
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = schema._zod.def as { innerType?: z.core.$ZodType };
  return innerType ?? schema;
}
