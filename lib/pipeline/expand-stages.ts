/** Declared stages to stage instances, in an order in which each comes after all that it reads. */
import type { OutputKind, StageInput, StageInstance } from '../model/stage.ts';
import { joinGrids, type InheritedGrid } from './join-grids.ts';
import { Expansion } from './expansion.ts';
import type { ExpectableInput } from './expectations.ts';
import { FieldReader } from './field-reader.ts';
import { linkInput, readReference } from './link-inputs.ts';
import { combinations, type Grid, MAX_LABEL_BYTES } from './matrix.ts';
import { orderByNeed } from './order.ts';
import { readOwnMatrix } from './own-matrix.ts';
import type { Params } from './params.ts';
import type { Problems } from './problems.ts';
import type { ProjectPaths } from './project-paths.ts';
import type { Reference } from './references.ts';
import type { StageShape } from './shape.ts';
import type { StageIndex } from './stage-index.ts';
import { prepareFields } from './stage-fields.ts';

/** A stage and what its inputs refer to, before any matrix. Undefined for an input whose fault is reported. */
interface DeclaredStage {
  readonly name: string;
  readonly shape: StageShape;
  readonly reader: FieldReader;
  readonly references: ReadonlyMap<string, Reference | undefined>;
}

export interface ExpandContext {
  readonly params: Params;
  readonly problems: Problems;
  readonly paths: ProjectPaths;
  readonly stages: StageIndex;
}

export interface ExpandedStages {
  /** Complete only when nothing was reported. */
  readonly instances: readonly StageInstance[];
  readonly expansions: ReadonlyMap<string, Expansion>;
}

const WITHOUT_MATRIX: Grid = { axes: [], selections: [] };

export function expandStages(shapes: Readonly<Record<string, StageShape>>, context: ExpandContext): ExpandedStages {
  const declared = new Map(Object.entries(shapes).map(([name, shape]) => [name, declareStage(name, shape, context)]));
  const { order, cycles } = orderByNeed([...declared.keys()], (name) =>
    neededStages(declared.get(name) as DeclaredStage),
  );
  for (const cycle of cycles) reportCycle(cycle, declared);
  const cyclic = new Set(cycles.flat());

  const expansions = new Map<string, Expansion>();
  const instances: StageInstance[] = [];
  for (const name of order) {
    for (const instance of expandStage(declared.get(name) as DeclaredStage, cyclic.has(name), expansions, context)) {
      instances.push(instance);
    }
  }
  return { instances, expansions };
}

function declareStage(name: string, shape: StageShape, { params, problems, stages }: ExpandContext): DeclaredStage {
  const reader = new FieldReader(name, problems, params.hasFaults);
  const references = new Map<string, Reference | undefined>();
  for (const [input, raw] of Object.entries(shape.inputs ?? {})) {
    const text = reader.text(params.scope, raw, ['inputs', input]);
    references.set(input, text === undefined ? undefined : readReference({ reader, stages }, input, text));
  }
  return { name, shape, reader, references };
}

function neededStages({ references }: DeclaredStage): string[] {
  return [...references.values()].flatMap((ref) => (ref === undefined || ref.kind === 'path' ? [] : [ref.stage]));
}

/** Adds the stage's expansion to `expansions` and gives its instances: none when a fault, here or above, leaves them unknown. */
function expandStage(
  stage: DeclaredStage,
  isCyclic: boolean,
  expansions: Map<string, Expansion>,
  context: ExpandContext,
): StageInstance[] {
  const { name, shape, reader, references } = stage;
  const base = context.params.scope;
  const sources = neededStages(stage).map((source) => expansions.get(source));
  const hasBrokenSource =
    sources.some((source) => source?.isBroken ?? true) || [...references.values()].includes(undefined);
  const own = readOwnMatrix(reader, shape, base);
  const grid = own && joinGrids(reader, shape, own, inheritedGrids(stage, expansions));
  const outputs = shape.outputs as Record<string, OutputKind>;
  const expansion = new Expansion(
    name,
    grid ?? WITHOUT_MATRIX,
    outputs,
    isCyclic || hasBrokenSource || grid === undefined,
  );
  expansions.set(name, expansion);

  const links = [...references].map(([input, reference]) => {
    const linkContext = {
      ...context,
      reader,
      base,
      axes: expansion.axes,
      isBroken: expansion.isBroken,
      expansionOf: (source: string) => expansions.get(source),
    };
    return [input, linkInput(linkContext, input, shape.inputs?.[input] ?? '', reference)] as const;
  });
  const inputKinds = new Map(
    [...references].map(([input, reference]) => [input, expectableKind(reference, context.stages)]),
  );
  const axisPaths = expansion.axes.map((axis) => axis.path);
  const fields = prepareFields({
    reader,
    shape,
    base,
    paths: context.paths,
    axes: axisPaths,
    ownAxes: (own?.axes ?? []).map((axis) => axis.path),
    inputs: inputKinds,
  });
  if (expansion.isBroken) {
    // What can be judged without the instances still is.
    fields.at(base);
    return [];
  }

  checkLabels(expansion, reader);
  const isTouched = fields.isTouched || links.some(([, link]) => link.isTouched);
  const location = reader.locate([], 'key');
  const instances: StageInstance[] = [];
  let index = 0;
  for (const digits of combinations(expansion.grid)) {
    const coordinates = expansion.coordinates[index] ?? {};
    const scope = isTouched ? base.withCoordinates(coordinates) : base;
    const inputs: Record<string, StageInput> = {};
    for (const [input, link] of links) {
      const linked = link.at(scope, digits);
      if (linked !== undefined) inputs[input] = linked;
    }
    instances.push({ stage: name, id: expansion.id(index), coordinates, ...fields.at(scope), inputs, location });
    index++;
  }
  return instances;
}

function inheritedGrids({ references }: DeclaredStage, expansions: ReadonlyMap<string, Expansion>): InheritedGrid[] {
  return [...references].flatMap(([input, reference]) => {
    if (reference?.kind !== 'matching') return [];
    const grid = expansions.get(reference.stage)?.grid ?? WITHOUT_MATRIX;
    return [{ input, stage: reference.stage, grid }];
  });
}

function expectableKind(reference: Reference | undefined, stages: StageIndex): ExpectableInput {
  if (reference === undefined) return 'unknown';
  if (reference.kind === 'path' || reference.kind === 'all') return reference.kind;
  return stages.kindOf(reference.stage, reference.output) ?? 'unknown';
}

function checkLabels(expansion: Expansion, reader: FieldReader): void {
  const tooLong = expansion.labels.find((label) => Buffer.byteLength(label) > MAX_LABEL_BYTES);
  if (tooLong === undefined) return;
  const message = `the instance name "${tooLong}" is longer than ${MAX_LABEL_BYTES} bytes.`;
  reader.report('bad-matrix', ['matrix'], message, { part: 'key', hint: 'use shorter values or fewer axes' });
}

/** Shown from the stage that stands first in the file, in the direction in which results would flow. */
function reportCycle(cycle: readonly string[], declared: ReadonlyMap<string, DeclaredStage>): void {
  const members = new Set(cycle);
  const first = [...declared.keys()].find((name) => members.has(name)) as string;
  const round = cycle.slice(1).reverse();
  const start = round.indexOf(first);
  const trail = [...round.slice(start), ...round.slice(0, start), first];
  const source = trail.at(-2) as string;
  const stage = declared.get(first) as DeclaredStage;
  const input = [...stage.references].find(
    ([, ref]) => ref !== undefined && ref.kind !== 'path' && ref.stage === source,
  )?.[0];
  const message =
    trail.length === 2 ? `it reads its own output.` : `these stages wait on each other: ${trail.join(' -> ')}.`;
  stage.reader.report('cycle', input === undefined ? [] : ['inputs', input], message);
}
