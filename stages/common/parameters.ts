/** The experiment's parameters: what each may be, and one sentence for each value that it may not. */
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { StageError } from '../../lib/stage-api/stage-error.ts';
import type { StageContext } from '../../lib/stage-api/context.ts';
import { ARCHITECTURES } from './models.ts';

const wholeFrom = (least: number) => {
  const allowed = `an integer of at least ${least}`;
  return z.int({ error: allowed }).min(least, { error: allowed });
};
const numberIn = (allowed: string, holds: (value: number) => boolean) =>
  z.number({ error: allowed }).refine(holds, { error: allowed });
const positive = numberIn('a number above 0', (value) => value > 0);
const notNegative = numberIn('a number of at least 0', (value) => value >= 0);
const fraction = numberIn('a number of at least 0 and below 1', (value) => value >= 0 && value < 1);
const yesOrNo = z.boolean({ error: 'true or false' });

/** 32 bits hold it, so that every language reads the same number. tfjs treats 0 as no seed, so 0 is none here either. */
const seed = wholeFrom(1).max(2 ** 31 - 1, { error: `an integer of at least 1 and below 2^31` });

const train = z.strictObject({
  architecture: z.enum(ARCHITECTURES, { error: `one of ${ARCHITECTURES.join(', ')}` }),
  epochs: wholeFrom(1),
  batchSize: wholeFrom(1),
  learningRate: positive,
  momentum: fraction,
  nesterov: yesOrNo,
  dropout: fraction,
  decayEvery: wholeFrom(1),
  decayFactor: positive,
});

/** For the trainings that go on from M: `epochs` on X + X', or exactly `steps` minibatches on X' alone. */
const retrain = z.strictObject({
  epochs: wholeFrom(1),
  steps: wholeFrom(1),
  batchSize: wholeFrom(1),
  learningRate: positive,
  momentum: fraction,
  nesterov: yesOrNo,
  measureEvery: wholeFrom(1),
});

const attack = z.strictObject({
  variant: z.string({ error: 'the name of a variant, such as V1' }),
  chosen: wholeFrom(0),
  count: wholeFrom(0),
  iterations: wholeFrom(1),
  learningRate: positive,
  initialConstant: positive,
  searchSteps: wholeFrom(1),
  kappa: notNegative,
  epsilon: positive,
  batchSize: wholeFrom(1),
  replacement: yesOrNo,
});

const SCHEMAS = { seed, train, retrain, attack };
type Schemas = typeof SCHEMAS;

export type TrainParameters = z.infer<typeof train>;
export type RetrainParameters = z.infer<typeof retrain>;
export type AttackParameters = z.infer<typeof attack>;

/**
 * The named parameters of a stage, checked. A matrix axis (`attack.variant`) replaces the value in its group (`attack`).
 * Throws StageError `parameter-invalid` for the first that is wrong: its path, its value, what is allowed.
 */
export function readParameters<K extends keyof Schemas>(
  context: StageContext,
  ...names: readonly K[]
): { [name in K]: z.infer<Schemas[name]> } {
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const value = withAxes(name, context.params);
    const parsed = SCHEMAS[name].safeParse(value);
    if (!parsed.success) throw faultOf(name, value, parsed.error.issues[0] as z.core.$ZodIssue);
    values[name] = parsed.data;
  }
  return values as { [name in K]: z.infer<Schemas[name]> };
}

/** The fault of a value that a schema alone cannot judge. */
export function invalidParameter(path: string, value: unknown, allowed: string, hint?: string): StageError {
  const found = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
  return new StageError('parameter-invalid', `parameter ${path} ${found}; allowed: ${allowed}`, {
    hint: hint ?? `change it in pipeline.yaml, or for one run with --set ${path}=VALUE`,
  });
}

/** `did you mean "V7"? `, or nothing when no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = closest(
    name.toLowerCase(),
    known.map((k) => k.toLowerCase()),
  );
  if (distance(name.toLowerCase(), near) > Math.max(1, Math.floor(name.length / 3))) return '';
  return `did you mean "${known.find((k) => k.toLowerCase() === near)}"? `;
}

function withAxes(name: string, params: StageContext['params']): unknown {
  const group = params[name];
  if (typeof group !== 'object' || group === null || Array.isArray(group)) return group;
  const axes = Object.entries(params).filter(([path]) => path.startsWith(`${name}.`));
  return { ...group, ...Object.fromEntries(axes.map(([path, value]) => [path.slice(name.length + 1), value])) };
}

function faultOf(name: string, value: unknown, issue: z.core.$ZodIssue): StageError {
  const path = [name, ...issue.path].join('.');
  const at = issue.path.reduce<unknown>((v, key) => (v as Record<PropertyKey, unknown> | undefined)?.[key], value);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((SCHEMAS[name as 'train'] as z.ZodObject).shape);
    return new StageError('parameter-invalid', `parameter ${path}.${issue.keys[0]} is not known`, {
      hint: `${didYouMean(issue.keys[0] as string, known)}allowed under ${path}: ${known.join(', ')}`,
    });
  }
  const isWholeGroup = issue.path.length === 0 && name !== 'seed';
  return invalidParameter(path, at, isWholeGroup ? 'a map of parameters' : issue.message);
}
