/** A stage's own matrix: one map of axes, or a list of such maps, of which each adds its combinations. */
import type { Json, JsonObject } from '../base/canonical-json.ts';
import type { Scalar } from '../model/stage.ts';
import { describe, typeName } from './describe-value.ts';
import type { FieldReader } from './field-reader.ts';
import { makeAxis, valueIdentity, type Axis, type Grid } from './matrix.ts';
import { isMap } from './param-tree.ts';
import type { ParamScope } from './param-scope.ts';
import type { StageShape } from './shape.ts';
import type { TreePath } from './yaml-tree.ts';

/** One map of axes and where it stands. `isGiven`: by a template, so that nothing in it has a place of its own. */
interface Block {
  readonly axes: JsonObject;
  readonly at: TreePath;
  readonly isGiven: boolean;
}

interface BlockContext {
  readonly reader: FieldReader;
  readonly base: ParamScope;
}

/** Undefined when a fault, which is reported, leaves it unknown. */
export function readOwnMatrix(reader: FieldReader, shape: StageShape, base: ParamScope): Grid | undefined {
  const { matrix = {} } = shape;
  const context = { reader, base };
  if (isMap(matrix as Json)) {
    const axes = readAxes(context, { axes: matrix as JsonObject, at: ['matrix'], isGiven: false });
    return axes && { axes, selections: [] };
  }
  const blocks = readBlocks(context, matrix as Json);
  if (blocks === undefined) return undefined;
  const read = blocks.map((block) => readAxes(context, block));
  if (read.includes(undefined) || !haveSameAxes(reader, blocks)) return undefined;
  return uniteBlocks(read as Axis[][]);
}

function readBlocks({ reader, base }: BlockContext, matrix: Json): Block[] | undefined {
  const isGiven = typeof matrix === 'string';
  const list = isGiven ? reader.value(base, matrix, ['matrix']) : matrix;
  if (list === undefined) return undefined;
  const fault =
    !Array.isArray(list) || list.length === 0 || !list.every((block) => isMap(block as Json))
      ? `a matrix is a map of axes or a list of such maps; ${isGiven ? `"${matrix}" gives` : 'found'} ${describe(list)}.`
      : undefined;
  if (fault !== undefined) {
    reader.report('bad-matrix', ['matrix'], fault, { hint: 'write [{ seed: [1, 2] }]' });
    return undefined;
  }
  return (list as JsonObject[]).map((axes, i) => ({ axes, at: isGiven ? ['matrix'] : ['matrix', i], isGiven }));
}

function haveSameAxes(reader: FieldReader, blocks: readonly Block[]): boolean {
  const names = (block: Block): string => Object.keys(block.axes).sort().join(', ');
  const [first, ...others] = blocks as [Block, ...Block[]];
  const other = others.find((block) => names(block) !== names(first));
  if (other === undefined) return true;
  const message = `the maps of a matrix name the same axes; found "${names(first)}" and "${names(other)}".`;
  reader.report('bad-matrix', other.at, message, { hint: 'give each map one value of the axis it does not vary' });
  return false;
}

/** Axes with the values of all blocks in the order of their first mention, and which combinations there are. */
function uniteBlocks(blocks: readonly (readonly Axis[])[]): Grid {
  const values = new Map<string, Map<string, Scalar>>();
  for (const axis of blocks.flat()) {
    const known = values.get(axis.path) ?? new Map<string, Scalar>();
    for (const value of axis.values) if (!known.has(valueIdentity(value))) known.set(valueIdentity(value), value);
    values.set(axis.path, known);
  }
  const axes = [...values].map(([path, known]) => makeAxis(path, [...known.values()]));
  const identities = blocks.map(
    (block) => new Map(block.map((axis) => [axis.path, new Set(axis.values.map(valueIdentity))] as const)),
  );
  return { axes, selections: [{ blocks: identities }] };
}

function readAxes(context: BlockContext, block: Block): Axis[] | undefined {
  const axes: Axis[] = [];
  let isSound = true;
  for (const [path, raw] of Object.entries(block.axes)) {
    const values = readAxisValues(context, block, path, raw);
    if (values === undefined) isSound = false;
    else axes.push(makeAxis(path, values));
  }
  return isSound ? axes : undefined;
}

function readAxisValues(context: BlockContext, block: Block, path: string, raw: Json): Scalar[] | undefined {
  const { reader, base } = context;
  const at = block.isGiven ? block.at : [...block.at, path];
  const part = block.isGiven ? {} : ({ part: 'key' } as const);
  const declared = base.param(path);
  if (!declared.ok) {
    const { code, message, hint, isElsewhere } = declared.error;
    if (!isElsewhere) reader.report(code, at, message, { ...part, hint });
    return undefined;
  }
  if (typeof declared.value === 'object' && declared.value !== null) {
    const message = `the param "${path}" is ${describe(declared.value)}; an axis takes single values.`;
    reader.report('bad-matrix', at, message, part);
    return undefined;
  }
  const list = typeof raw === 'string' ? reader.value(base, raw, at) : raw;
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) {
    const found = typeof raw === 'string' ? `"${raw}" gives ${describe(list)}` : `found ${describe(list)}`;
    reader.report('bad-matrix', at, `an axis is a list of values; ${found}.`);
    return undefined;
  }
  if (list.length === 0) {
    reader.report('bad-matrix', at, `the axis "${path}" has no values.`);
    return undefined;
  }
  const hasPlaces = !block.isGiven && typeof raw !== 'string';
  return checkValues(context, path, declared.value, list as Json[], (i) => (hasPlaces ? [...at, i] : at), hasPlaces);
}

function checkValues(
  { reader, base }: BlockContext,
  path: string,
  declared: Json,
  list: readonly Json[],
  place: (index: number) => TreePath,
  hasTemplates: boolean,
): Scalar[] | undefined {
  const values: Scalar[] = [];
  const seen = new Set<string>();
  let isSound = true;
  for (const [i, item] of list.entries()) {
    const at = place(i);
    const value = hasTemplates ? reader.value(base, item, at) : item;
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
