/** The experiment's parameters: what each may be, and one sentence for each value that it may not. */
import { z } from 'zod';
import { StageError } from '../../lib/stage-api/stage-error.ts';
import type { StageContext } from '../../lib/stage-api/context.ts';
import { DETECTOR_NAMES } from './detectors/names.ts';
import { didYouMean, invalidParameter } from './invalid-parameter.ts';
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

/** Which detectors name the suspects, and what share of the records goes, whatever the true share of poison may be. */
const cleanse = z.strictObject({
  detectors: z
    .array(z.enum(DETECTOR_NAMES, { error: `one of ${DETECTOR_NAMES.join(', ')}` }), { error: 'a list of detectors' })
    .min(1, { error: 'at least one detector' }),
  fraction,
});

const SCHEMAS = { seed, train, retrain, attack, cleanse };
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
    const key = issue.keys[0] as string;
    const allowed = `allowed under ${path}: ${known.join(', ')}`;
    return new StageError('parameter-invalid', `parameter ${path}.${key} is not known`, {
      hint: [didYouMean(key, known), allowed].filter((part) => part !== undefined).join(' '),
    });
  }
  const isWholeGroup = issue.path.length === 0 && name !== 'seed';
  return invalidParameter(path, at, isWholeGroup ? 'a map of parameters' : issue.message);
}
