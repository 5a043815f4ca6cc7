/** `expect:` what must hold of an output. */
import type { Json } from '../base/canonical-json.ts';
import { parseDigest, type Digest } from '../base/digest.ts';
import type { Expectation, OutputKind, RecordCount } from '../model/stage.ts';
import { describe } from './describe-value.ts';
import type { FieldReader } from './field-reader.ts';
import { isMap } from './param-tree.ts';
import type { ParamScope } from './param-scope.ts';
import type { ExpectationShape, StageShape } from './shape.ts';
import type { TreePath } from './yaml-tree.ts';

/** What an expectation must know of an input: its kind, or that it is a project path or many artifacts. */
export type ExpectableInput = OutputKind | 'path' | 'all' | 'unknown';

export interface ExpectationContext {
  readonly reader: FieldReader;
  readonly shape: StageShape;
  readonly inputs: ReadonlyMap<string, ExpectableInput>;
}

const COMPARISONS = ['added', 'removed', 'changed', 'relabelled'] as const;
/** What only a dataset has. */
const OF_RECORDS = ['count', ...COMPARISONS, 'classes', 'max_class_share', 'root'] as const;

/** All that may hold a template: the classes of a map too. */
export function expectationTexts({ expect = {} }: StageShape): Json {
  const keys = Object.values(expect).flatMap((expected) =>
    COMPARISONS.flatMap((check) => (typeof expected[check] === 'object' ? Object.keys(expected[check]) : [])),
  );
  return [expect as Json, keys];
}

export function readExpectations(context: ExpectationContext, scope: ParamScope): Record<string, Expectation> {
  const { reader, shape } = context;
  const read: Record<string, Expectation> = {};
  for (const [output, expected] of Object.entries(shape.expect ?? {})) {
    const kind = Object.hasOwn(shape.outputs, output) ? shape.outputs[output] : undefined;
    if (kind === undefined) {
      const known = Object.keys(shape.outputs);
      const hint = reader.problems.didYouMean(output, known) ?? `outputs: ${known.join(', ')}`;
      reader.report('unknown-output', ['expect', output], `it has no output "${output}".`, { part: 'key', hint });
      continue;
    }
    const ofRecords = OF_RECORDS.find((check) => expected[check] !== undefined);
    if (ofRecords !== undefined && kind !== 'dataset') {
      const message = `"${ofRecords}" counts records of a dataset; the output "${output}" is of kind ${kind}.`;
      reader.report('bad-expectation', ['expect', output, ofRecords], message, {
        part: 'key',
        hint: 'other kinds have a digest to expect',
      });
      continue;
    }
    read[output] = readExpectation(context, scope, output, expected);
  }
  return read;
}

function readExpectation(
  context: ExpectationContext,
  scope: ParamScope,
  output: string,
  expected: ExpectationShape,
): Expectation {
  const { reader } = context;
  const at = ['expect', output];
  const count = expected.count === undefined ? undefined : reader.wholeNumber(scope, expected.count, [...at, 'count']);
  const counts: Partial<Record<(typeof COMPARISONS)[number], RecordCount>> = {};
  for (const check of COMPARISONS) {
    const raw = expected[check];
    const value = raw === undefined ? undefined : readCounts(reader, scope, raw, [...at, check]);
    if (value !== undefined) counts[check] = value;
  }
  const classes = Object.entries(expected.classes ?? {}).flatMap(([label, raw]) => {
    const value = reader.wholeNumber(scope, raw, [...at, 'classes', label]);
    return value === undefined ? [] : [[label, value] as const];
  });
  const share = readShare(reader, scope, expected.max_class_share, [...at, 'max_class_share']);
  const roots = Object.entries(expected.root ?? {}).flatMap(([split, raw]) => {
    const root = readDigest(reader, scope, raw, [...at, 'root', split]);
    return root === undefined ? [] : [[split, root] as const];
  });
  const digest = readDigest(reader, scope, expected.digest, [...at, 'digest']);
  return {
    against: readAgainst(context, scope, output, expected),
    ...(count === undefined ? {} : { count }),
    ...counts,
    ...(expected.classes === undefined ? {} : { classes: Object.fromEntries(classes) }),
    ...(share === undefined ? {} : { max_class_share: share }),
    ...(expected.root === undefined ? {} : { root: Object.fromEntries(roots) }),
    ...(digest === undefined ? {} : { digest }),
    location: reader.locate(at, 'key'),
  };
}

/** A number, or a number for each class. A class may be a template; so may the whole map. */
function readCounts(reader: FieldReader, scope: ParamScope, raw: Json, at: TreePath): RecordCount | undefined {
  const given = typeof raw === 'string' ? reader.value(scope, raw, at) : raw;
  if (given === undefined || !isMap(given)) {
    return given === undefined ? undefined : reader.wholeNumber(scope, raw, at);
  }
  const counts: Record<string, number> = {};
  for (const [key, value] of Object.entries(given)) {
    const label = reader.text(scope, key, [...at, key]);
    const count = reader.wholeNumber(scope, value, typeof raw === 'string' ? at : [...at, key]);
    if (label !== undefined && count !== undefined) counts[label] = count;
  }
  return counts;
}

function readShare(reader: FieldReader, scope: ParamScope, raw: Json | undefined, at: TreePath): number | undefined {
  const value = raw === undefined ? undefined : reader.value(scope, raw, at);
  if (value === undefined || (typeof value === 'number' && value >= 0 && value <= 1)) return value;
  reader.report('wrong-type', at, `this must be a number from 0 to 1; it is ${describe(value)}.`);
  return undefined;
}

function readDigest(reader: FieldReader, scope: ParamScope, raw: Json | undefined, at: TreePath): Digest | undefined {
  const text = raw === undefined ? undefined : reader.text(scope, raw, at);
  const digest = text === undefined ? undefined : parseDigest(text);
  if (text === undefined || digest !== undefined) return digest;
  const hint = 'sha256: and 64 lowercase hex digits';
  reader.report('bad-expectation', at, `"${text}" is not a digest.`, { hint });
  return undefined;
}

/** The named input, or the only dataset among the inputs. Null when nothing is compared. */
function readAgainst(
  { reader, inputs }: ExpectationContext,
  scope: ParamScope,
  output: string,
  expected: ExpectationShape,
): string | null {
  const comparison = COMPARISONS.find((check) => expected[check] !== undefined);
  const at = ['expect', output];
  if (expected.against === undefined) {
    if (comparison === undefined) return null;
    const datasets = [...inputs].filter(([, kind]) => kind === 'dataset' || kind === 'unknown').map(([name]) => name);
    if (datasets.length === 1) return datasets[0] as string;
    const choice =
      datasets.length > 0 ? datasets : [...inputs].filter(([, kind]) => kind !== 'all').map(([name]) => name);
    const message = `"${comparison}" of "${output}" compares with an input; say which with "against".`;
    const hint =
      choice.length === 0 ? 'no input of the stage is one dataset' : `add "against: ${choice.join('" or "against: ')}"`;
    reader.report('missing-key', [...at, comparison], message, { part: 'key', hint });
    return null;
  }
  const against = reader.text(scope, expected.against, [...at, 'against']);
  if (against === undefined) return null;
  const kind = inputs.get(against);
  if (kind === undefined) {
    const hint = reader.problems.didYouMean(against, inputs.keys()) ?? `inputs: ${[...inputs.keys()].join(', ')}`;
    reader.report('unknown-input', [...at, 'against'], `it has no input "${against}" to compare with.`, { hint });
  } else if (!['dataset', 'path', 'directory', 'unknown'].includes(kind)) {
    const what = kind === 'all' ? 'holds many artifacts' : `is of kind ${kind}`;
    reader.report(
      'bad-expectation',
      [...at, 'against'],
      `the input "${against}" ${what}; records are compared with one dataset.`,
    );
  }
  return against;
}
