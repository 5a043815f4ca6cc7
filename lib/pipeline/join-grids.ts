/** The grid over which a stage is expanded: its own matrix and those of what it reads. */
import type { Scalar } from '../model/stage.ts';
import { describe } from './describe-value.ts';
import type { FieldReader } from './field-reader.ts';
import {
  combinations,
  countInstances,
  MAX_INSTANCES,
  sortAxes,
  valueIdentity,
  type Axis,
  type Grid,
  type Selection,
} from './matrix.ts';
import type { StageShape } from './shape.ts';
import type { TreePath } from './yaml-tree.ts';

/** A grid that comes with an input. */
export interface InheritedGrid {
  readonly input: string;
  readonly stage: string;
  readonly grid: Grid;
}

/**
 * Axes of one name are one axis. The stage's own list decides, and may be shorter than the inherited one; of inherited lists the
 * shorter one does, when all of it is in the longer. There is a combination where all that is read has it. Undefined when a fault, which is reported, leaves the grid unknown.
 */
export function joinGrids(
  reader: FieldReader,
  shape: StageShape,
  own: Grid,
  inherited: readonly InheritedGrid[],
): Grid | undefined {
  const joined = new Map(own.axes.map((axis) => [axis.path, { axis, from: undefined as string | undefined }]));
  let isSound = true;
  for (const { input, stage, grid } of inherited) {
    for (const axis of grid.axes) {
      const known = joined.get(axis.path);
      if (known === undefined) joined.set(axis.path, { axis, from: stage });
      else if (known.from === undefined) isSound = checkSubset(reader, known.axis, axis, stage) && isSound;
      else if (isSubset(axis, known.axis)) joined.set(axis.path, { axis, from: stage });
      else if (!isSubset(known.axis, axis)) {
        const message = `"${known.from}" and "${stage}" run over different values of "${axis.path}".`;
        const hint = `choose the values here: matrix: { ${axis.path}: […] }`;
        reader.report('bad-matrix', ['inputs', input], message, { hint });
        isSound = false;
      }
    }
  }
  if (!isSound) return undefined;
  const axes = sortAxes([...joined.values()].map(({ axis }) => axis));
  const selections = new Set<Selection>([...own.selections, ...inherited.flatMap(({ grid }) => grid.selections)]);
  return checkSize(reader, shape, { axes, selections: [...selections] });
}

function checkSize(reader: FieldReader, shape: StageShape, grid: Grid): Grid | undefined {
  const at: TreePath = shape.matrix === undefined ? [] : ['matrix'];
  const count = countInstances(grid.axes);
  if (count > MAX_INSTANCES) {
    const product = grid.axes.map((axis) => axis.values.length).join(' x ');
    const message = `its matrix makes ${count} instances (${product}); ${MAX_INSTANCES} is the most.`;
    reader.report('matrix-too-large', at, message, { part: 'key', hint: 'split the sweep over profiles' });
    return undefined;
  }
  if (combinations(grid).next().done !== true) return grid;
  reader.report('bad-matrix', at, 'no combination of its matrix is one of those of all that it reads.', {
    part: 'key',
  });
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

function isSubset(part: Axis, whole: Axis): boolean {
  const known = new Set(whole.values.map(valueIdentity));
  return part.values.every((value) => known.has(valueIdentity(value)));
}
