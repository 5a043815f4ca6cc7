/** The axes over which a stage is expanded: its own and those of what it reads. */
import type { Json } from '../base/canonical-json.ts';
import type { Scalar } from '../model/stage.ts';
import { describe, typeName } from './describe-value.ts';
import type { FieldReader } from './field-reader.ts';
import { countInstances, makeAxis, MAX_INSTANCES, sortAxes, valueIdentity, type Axis } from './matrix.ts';
import type { ParamScope } from './param-scope.ts';
import type { StageShape } from './shape.ts';
import type { TreePath } from './yaml-tree.ts';

/** Axes that come with an input. */
export interface InheritedAxes {
  readonly input: string;
  readonly stage: string;
  readonly axes: readonly Axis[];
}

/**
 * Axes of one name are one axis. The stage's own list decides, and may be shorter than the inherited one; inherited lists must
 * agree. Undefined when a fault, which is reported, leaves the axes unknown.
 */
export function joinAxes(
  reader: FieldReader,
  shape: StageShape,
  base: ParamScope,
  inherited: readonly InheritedAxes[],
): Axis[] | undefined {
  const own = readOwnAxes(reader, shape, base);
  if (own === undefined) return undefined;
  const joined = new Map(own.map((axis) => [axis.path, { axis, from: undefined as string | undefined }]));
  let isSound = true;
  for (const { input, stage, axes } of inherited) {
    for (const axis of axes) {
      const known = joined.get(axis.path);
      if (known === undefined) joined.set(axis.path, { axis, from: stage });
      else if (known.from === undefined) isSound = checkSubset(reader, known.axis, axis, stage) && isSound;
      else if (!isSameSet(known.axis, axis)) {
        const message = `"${known.from}" and "${stage}" run over different values of "${axis.path}".`;
        const hint = `choose the values here: matrix: { ${axis.path}: […] }`;
        reader.report('bad-matrix', ['inputs', input], message, { hint });
        isSound = false;
      }
    }
  }
  if (!isSound) return undefined;
  const axes = sortAxes([...joined.values()].map(({ axis }) => axis));
  const count = countInstances(axes);
  if (count <= MAX_INSTANCES) return axes;
  const product = axes.map((axis) => axis.values.length).join(' x ');
  const at: TreePath = shape.matrix === undefined ? [] : ['matrix'];
  const message = `its matrix makes ${count} instances (${product}); ${MAX_INSTANCES} is the most.`;
  reader.report('matrix-too-large', at, message, { part: 'key', hint: 'split the sweep over profiles' });
  return undefined;
}

function readOwnAxes(reader: FieldReader, shape: StageShape, base: ParamScope): Axis[] | undefined {
  const axes: Axis[] = [];
  let isSound = true;
  for (const [path, raw] of Object.entries(shape.matrix ?? {})) {
    const values = readAxisValues(reader, base, path, raw);
    if (values === undefined) isSound = false;
    else axes.push(makeAxis(path, values));
  }
  return isSound ? axes : undefined;
}

function readAxisValues(reader: FieldReader, base: ParamScope, path: string, raw: Json): Scalar[] | undefined {
  const at = ['matrix', path];
  const declared = base.param(path);
  if (!declared.ok) {
    const { code, message, hint, isElsewhere } = declared.error;
    if (!isElsewhere) reader.report(code, at, message, { part: 'key', hint });
    return undefined;
  }
  if (typeof declared.value === 'object' && declared.value !== null) {
    const message = `the param "${path}" is ${describe(declared.value)}; an axis takes single values.`;
    reader.report('bad-matrix', at, message, { part: 'key' });
    return undefined;
  }
  const list = typeof raw === 'string' ? reader.value(base, raw, at) : raw;
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) {
    reader.report('bad-matrix', at, `an axis is a list of values; "${raw}" gives ${describe(list as Json)}.`);
    return undefined;
  }
  if (list.length === 0) {
    reader.report('bad-matrix', at, `the axis "${path}" has no values.`);
    return undefined;
  }
  return checkValues(reader, base, path, declared.value, list as Json[], typeof raw === 'string');
}

function checkValues(
  reader: FieldReader,
  base: ParamScope,
  path: string,
  declared: Json,
  list: readonly Json[],
  isTemplate: boolean,
): Scalar[] | undefined {
  const values: Scalar[] = [];
  const seen = new Set<string>();
  let isSound = true;
  for (const [i, item] of list.entries()) {
    const at = isTemplate ? ['matrix', path] : ['matrix', path, i];
    const value = isTemplate ? item : reader.value(base, item, at);
    const fault = value === undefined ? '' : findValueFault(path, declared, value, seen);
    if (fault === undefined) values.push(value as Scalar);
    else isSound = false;
    if (fault !== undefined && fault !== '') reader.report('bad-matrix', at, fault);
  }
  return isSound ? values : undefined;
}

function findValueFault(path: string, declared: Json, value: Json, seen: Set<string>): string | undefined {
  if (typeof value === 'object') return `an axis takes text, numbers, true and false; found ${describe(value)}.`;
  if (declared !== null && typeName(declared) !== typeName(value)) {
    return `the param "${path}" is declared as ${typeName(declared)}; found ${describe(value)}.`;
  }
  // Instances are told apart by their names, in which 1 and "1" are one.
  if (seen.has(String(value))) return `the axis "${path}" has the value ${describe(value)} twice.`;
  seen.add(String(value));
  return undefined;
}

function checkSubset(reader: FieldReader, own: Axis, inherited: Axis, stage: string): boolean {
  const known = new Set(inherited.values.map(valueIdentity));
  const missing = own.values.findIndex((value) => !known.has(valueIdentity(value)));
  if (missing < 0) return true;
  const value = describe(own.values[missing] as Scalar);
  reader.report(
    'bad-matrix',
    ['matrix', own.path],
    `it reads "${stage}", which has no instance with "${own.path}" ${value}.`,
    { part: 'key' },
  );
  return false;
}

function isSameSet(a: Axis, b: Axis): boolean {
  if (a.values.length !== b.values.length) return false;
  const known = new Set(a.values.map(valueIdentity));
  return b.values.every((value) => known.has(valueIdentity(value)));
}
