/** What one stage says of its instances, inputs apart: fixed fields once, fields that a matrix axis touches once an instance. */
import type { Json, JsonObject } from '../base/canonical-json.ts';
import type { OutputKind, Resources, StageInstance } from '../model/stage.ts';
import { parseDuration } from './duration.ts';
import { expectationTexts, readExpectations, type ExpectableInput } from './expectations.ts';
import type { FieldReader } from './field-reader.ts';
import { overlaps } from './param-tree.ts';
import type { ParamScope } from './param-scope.ts';
import { normalisePath, type ProjectPaths } from './project-paths.ts';
import { readProgram } from './program.ts';
import type { StageShape } from './shape.ts';

export type StageFields = Omit<StageInstance, 'stage' | 'id' | 'coordinates' | 'inputs' | 'location'>;

/** A field as a function of the instance's params. */
type Field<T> = (scope: ParamScope) => T;

export interface FieldContext {
  readonly reader: FieldReader;
  readonly shape: StageShape;
  /** The params without any coordinate. */
  readonly base: ParamScope;
  readonly paths: ProjectPaths;
  /** Own and inherited matrix axes. */
  readonly axes: readonly string[];
  /** Those of the stage's own matrix. */
  readonly ownAxes: readonly string[];
  readonly inputs: ReadonlyMap<string, ExpectableInput>;
}

/** The fields of a stage's instances. Values in the place of faulty ones are stand-ins: the reader has reported the fault. */
export function prepareFields(context: FieldContext): { at: Field<StageFields>; isTouched: boolean } {
  const { reader, shape, base, axes } = context;
  let isTouched = false;
  const field = <T>(raw: unknown, compute: Field<T>): Field<T> => {
    if (!base.isTouchedBy((raw ?? null) as Json, axes)) return once(() => compute(base));
    isTouched = true;
    return compute;
  };
  const paramField = (path: string, at: readonly (string | number)[]): Field<Json> => {
    const compute = (scope: ParamScope) => reader.param(scope, path, at) ?? null;
    if (!base.isParamTouchedBy(path, axes)) return once(() => compute(base));
    isTouched = true;
    return compute;
  };

  const named = (shape.params ?? []).map((path, i) => [path, paramField(path, ['params', i])] as const);
  // The axes' own faults are reported where they are joined.
  const ownAxes = context.ownAxes
    .filter((axis) => !(shape.params ?? []).some((path) => axis === path || axis.startsWith(`${path}.`)))
    .filter((axis) => !(shape.unkeyed ?? []).includes(axis))
    .map((axis) => [axis, quietParam(axis)] as const);
  if (ownAxes.length > 0) isTouched = true;
  const unkeyed = (shape.unkeyed ?? []).map((path, i) => [path, paramField(path, ['unkeyed', i])] as const);
  checkUnkeyed(context);
  checkOutputs(shape, reader);

  const params = objectField([...named, ...ownAxes]);
  const withheld = objectField(unkeyed);
  const program = field(
    [shape.program, shape.command, shape.shell].filter((raw) => raw !== undefined),
    (scope) => readProgram(context, scope),
  );
  const files = field(shape.files, (scope) => readFiles(context, scope));
  const resources = field(shape.resources, (scope) => readResources(context, scope));
  const timeoutMs = field(shape.timeout, (scope) => readTimeout(context, scope));
  const retries = field(shape.retries, (scope) => reader.wholeNumber(scope, shape.retries ?? 0, ['retries']) ?? 0);
  const expect = field(expectationTexts(shape), (scope) => readExpectations(context, scope));
  const env = [...new Set(shape.env)];
  const outputs = shape.outputs as Record<string, OutputKind>;
  return {
    at: (scope) => ({
      program: program(scope),
      params: params(scope),
      unkeyed: withheld(scope),
      outputs,
      files: files(scope),
      env,
      resources: resources(scope),
      timeoutMs: timeoutMs(scope),
      retries: retries(scope),
      expect: expect(scope),
    }),
    isTouched,
  };
}

function quietParam(path: string): Field<Json> {
  return (scope) => {
    const value = scope.param(path);
    return value.ok ? value.value : null;
  };
}

function once<T>(compute: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

function objectField(members: readonly (readonly [string, Field<Json>])[]): Field<JsonObject> {
  return (scope) => Object.fromEntries(members.map(([key, value]) => [key, value(scope)]));
}

function readFiles({ reader, shape }: FieldContext, scope: ParamScope): string[] {
  return (shape.files ?? []).flatMap((raw, i) => {
    const text = reader.text(scope, raw, ['files', i]);
    if (text === undefined) return [];
    const isNegated = text.startsWith('!');
    const path = normalisePath(isNegated ? text.slice(1) : text);
    if (path !== undefined) return [isNegated ? `!${path}` : path];
    reader.report('path-outside-project', ['files', i], `"${text}" lies outside the project.`, {
      hint: 'files are relative to the folder of the pipeline file',
    });
    return [];
  });
}

function readResources({ reader, shape }: FieldContext, scope: ParamScope): Resources {
  const { cpus, memoryMb, gpus } = shape.resources ?? {};
  return {
    cpus: reader.wholeNumber(scope, cpus ?? 1, ['resources', 'cpus'], 1) ?? 1,
    memoryMb: reader.wholeNumber(scope, memoryMb ?? 0, ['resources', 'memoryMb']) ?? 0,
    gpus: reader.wholeNumber(scope, gpus ?? 0, ['resources', 'gpus']) ?? 0,
  };
}

function readTimeout({ reader, shape }: FieldContext, scope: ParamScope): number | null {
  if (shape.timeout === undefined) return null;
  const text = reader.text(scope, shape.timeout, ['timeout']);
  if (text === undefined) return null;
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    const hint = 'days, hours, minutes and seconds, in this order, up to 24d: 90s, 15m, 2h, 1h30m';
    reader.report('bad-duration', ['timeout'], `"${text}" is not a duration.`, { hint });
  }
  return durationMs ?? null;
}

function checkOutputs(shape: StageShape, reader: FieldReader): void {
  if (Object.keys(shape.outputs).length > 0) return;
  reader.report('missing-key', ['outputs'], 'it declares no output.', { part: 'key', hint: 'outputs: { name: file }' });
}

/** A param in the action key cannot be kept out of it. An axis can: then it only tells the instances apart. */
function checkUnkeyed({ shape, reader, ownAxes }: FieldContext): void {
  for (const [i, path] of (shape.unkeyed ?? []).entries()) {
    const param = (shape.params ?? []).find((candidate) => overlaps(candidate, path));
    const other = param ?? ownAxes.find((axis) => axis !== path && overlaps(axis, path));
    if (other === undefined) continue;
    const where = param === undefined ? 'matrix' : 'params';
    reader.report('conflicting-keys', ['unkeyed', i], `"${path}" is unkeyed, but ${where} names "${other}".`, {
      hint: 'name it in one of the two',
    });
  }
}
