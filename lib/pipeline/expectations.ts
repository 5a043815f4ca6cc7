/** `expect:` what must hold of an output. */
import { parseDigest } from '../base/digest.ts';
import type { Expectation, OutputKind } from '../model/stage.ts';
import type { FieldReader } from './field-reader.ts';
import type { ParamScope } from './param-scope.ts';
import type { ExpectationShape, StageShape } from './shape.ts';

/** What an expectation must know of an input: its kind, or that it is a project path or many artifacts. */
export type ExpectableInput = OutputKind | 'path' | 'all' | 'unknown';

export interface ExpectationContext {
  readonly reader: FieldReader;
  readonly shape: StageShape;
  readonly inputs: ReadonlyMap<string, ExpectableInput>;
}

const COUNTS = ['count', 'added', 'removed', 'changed'] as const;
const COMPARISONS = ['added', 'removed', 'changed'] as const;

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
    const ofRecords = [...COUNTS, 'classes' as const].find((check) => expected[check] !== undefined);
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
  const counts: Partial<Record<(typeof COUNTS)[number], number>> = {};
  for (const check of COUNTS) {
    const raw = expected[check];
    const value = raw === undefined ? undefined : reader.wholeNumber(scope, raw, [...at, check]);
    if (value !== undefined) counts[check] = value;
  }
  const classes = Object.entries(expected.classes ?? {}).flatMap(([label, raw]) => {
    const value = reader.wholeNumber(scope, raw, [...at, 'classes', label]);
    return value === undefined ? [] : [[label, value] as const];
  });
  const digestText = expected.digest === undefined ? undefined : reader.text(scope, expected.digest, [...at, 'digest']);
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  if (digestText !== undefined && digest === undefined) {
    const message = `"${digestText}" is not a digest.`;
    reader.report('bad-expectation', [...at, 'digest'], message, { hint: 'sha256: and 64 lowercase hex digits' });
  }
  return {
    against: readAgainst(context, scope, output, expected),
    ...counts,
    ...(expected.classes === undefined ? {} : { classes: Object.fromEntries(classes) }),
    ...(digest === undefined ? {} : { digest }),
    location: reader.locate(at, 'key'),
  };
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
