import { expect, test } from 'vitest';
import { makeSplit } from '../../lib/dataset/split.ts';
import { formatError } from '../../lib/stage-api/stage-error.ts';
import type { StageContext } from '../../lib/stage-api/context.ts';
import { formatComparison } from '../../stages/common/comparison.ts';
import { ATTACK as ATTACK_SCHEMA } from '../../stages/common/parameters/attack.ts';
import { readParameters } from '../../stages/common/parameters/read.ts';
import { SEED } from '../../stages/common/parameters/values.ts';
import { labelPoison, mergePoison, noiseOfEqualLength } from '../../stages/common/poison.ts';
import { chooseSources } from '../../stages/common/sources.ts';
import { optionsFor } from '../../stages/common/training-modes.ts';
import { findVariant, VARIANTS } from '../../stages/common/variants.ts';

const CLASSES = ['a', 'b', 'c'];
// Class of each record: 0 1 2 0 1 2 0 1.
const TRAIN = makeSplit(
  [1, 1, 1],
  Uint8Array.from({ length: 8 }, (_, i) => 10 * i),
  Uint8Array.of(0, 1, 2, 0, 1, 2, 0, 1),
);
const ATTACK = {
  variant: 'V1',
  chosen: 1,
  count: 2,
  iterations: 10,
  learningRate: 0.1,
  initialConstant: 0.01,
  searchSteps: 1,
  kappa: 0,
  epsilon: 3.56,
  batchSize: 10,
  replacement: false,
};

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return formatError(error);
  }
  return 'nothing was thrown';
}

test('every variant has a name of its own that fits the table', () => {
  expect(new Set(VARIANTS.map((v) => v.id)).size).toBe(VARIANTS.length);
  expect(VARIANTS.map((v) => v.id).join(' ')).toBe('V0 V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 K1 K2 K3');
  for (const { name, meaning } of VARIANTS) {
    expect(name.length).toBeLessThanOrEqual(22);
    expect(meaning.length).toBeLessThanOrEqual(95);
  }
});

test('a variant that does not exist is an error with the nearest one', () => {
  expect(messageOf(() => findVariant('v7'))).toMatchInlineSnapshot(`
    "unknown-variant: attack.variant is "v7", which names no variant
      did you mean "V7"? allowed: V0, V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12, V13, K1, K2, K3"
  `);
  expect(messageOf(() => findVariant('literal'))).toMatchInlineSnapshot(`
    "unknown-variant: attack.variant is "literal", which names no variant
      allowed: V0, V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12, V13, K1, K2, K3"
  `);
});

test('sources come from the chosen class, from all or from the others, and none twice', () => {
  const labelsOf = (id: string, count: number) =>
    [...chooseSources(TRAIN, CLASSES, findVariant(id), { ...ATTACK, count }, 1)].sort((a, b) => a - b);
  expect(labelsOf('V1', 3)).toEqual([1, 4, 7]);
  expect(labelsOf('V13', 5)).toEqual([0, 2, 3, 5, 6]);
  expect(labelsOf('V5', 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('a larger count keeps the sources of a smaller one', () => {
  const drawn = (count: number) => [...chooseSources(TRAIN, CLASSES, findVariant('V5'), { ...ATTACK, count }, 1)];
  expect(drawn(6).slice(0, 3)).toEqual(drawn(3));
});

test('what cannot be drawn is an error that names the parameter, its value and what is allowed', () => {
  const draw = (change: object, id = 'V1') =>
    messageOf(() => chooseSources(TRAIN, CLASSES, findVariant(id), { ...ATTACK, ...change }, 1));
  expect(draw({ count: 4 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.count is 4; allowed: 1 to 3, the training records of class 1; more with attack.replacement true
      change it in pipeline.yaml, or for one run with --set attack.count=VALUE"
  `);
  expect(draw({ count: 0 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.count is 0; allowed: an integer of at least 1
      change it in pipeline.yaml, or for one run with --set attack.count=VALUE"
  `);
  expect(draw({ chosen: 12 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.chosen is 12; allowed: a class from 0 to 2
      change it in pipeline.yaml, or for one run with --set attack.chosen=VALUE"
  `);
  expect(draw({ count: 2 }, 'V0')).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.count is 2; allowed: 0, as variant V0 makes no poison
      change it in pipeline.yaml, or for one run with --set attack.count=VALUE"
  `);
  expect(chooseSources(TRAIN, CLASSES, findVariant('V1'), { ...ATTACK, count: 9, replacement: true }, 1)).toHaveLength(
    9,
  );
});

test('parameters out of range are errors that name the path, the value and what is allowed', () => {
  const read = (attack: unknown, more: object = {}) =>
    messageOf(() =>
      readParameters({ params: { seed: 1, attack, ...more } } as unknown as StageContext, {
        attack: ATTACK_SCHEMA,
        seed: SEED,
      }),
    );
  expect(read({ ...ATTACK, iterations: 0 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.iterations is 0; allowed: an integer of at least 1
      change it in pipeline.yaml, or for one run with --set attack.iterations=VALUE"
  `);
  expect(read({ ...ATTACK, learningRate: -0.1 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.learningRate is -0.1; allowed: a number above 0
      change it in pipeline.yaml, or for one run with --set attack.learningRate=VALUE"
  `);
  expect(read({ ...ATTACK, count: 2.5 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.count is 2.5; allowed: an integer of at least 0
      change it in pipeline.yaml, or for one run with --set attack.count=VALUE"
  `);
  expect(read({ ...ATTACK, count: -1 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.count is -1; allowed: an integer of at least 0
      change it in pipeline.yaml, or for one run with --set attack.count=VALUE"
  `);
  expect(read({ ...ATTACK, itterations: 5 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.itterations is not known
      did you mean "iterations"? allowed under attack: variant, chosen, count, iterations, learningRate, initialConstant, searchSteps, kappa, epsilon, batchSize, replacement"
  `);
  expect(read({ ...ATTACK, kappa: undefined })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.kappa is missing; allowed: a number of at least 0
      change it in pipeline.yaml, or for one run with --set attack.kappa=VALUE"
  `);
  expect(read(7)).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack is 7; allowed: a map of parameters
      change it in pipeline.yaml, or for one run with --set attack=VALUE"
  `);
  expect(read(ATTACK, { seed: 0 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter seed is 0; allowed: an integer of at least 1
      change it in pipeline.yaml, or for one run with --set seed=VALUE"
  `);
});

test('a matrix axis replaces the value in its group', () => {
  const context = { params: { attack: ATTACK, 'attack.variant': 'V7' } } as unknown as StageContext;
  expect(readParameters(context, { attack: ATTACK_SCHEMA }).attack.variant).toBe('V7');
});

test('labels: as chosen, as before, as recognised, random but never the chosen class', () => {
  const originals = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1);
  const recognised = Uint8Array.of(0, 2, 1, 0, 0, 0, 0, 0);
  const labels = (id: string) => [...labelPoison(findVariant(id), 1, 3, originals, recognised, 1)];
  expect(labels('V1')).toEqual([...originals]);
  expect(labels('V2')).toEqual([...recognised]);
  expect(labels('V6')).toEqual([...originals]);
  expect(new Set(labels('V3'))).toEqual(new Set([0, 2]));
});

test('the merged set is the clean records and then the poison, or has the poison in place of its sources', () => {
  const poison = makeSplit([1, 1, 1], Uint8Array.of(201, 202), Uint8Array.of(2, 0));
  const note = {
    format: 'assay-poison/v1',
    variant: 'V1',
    chosen: 1,
    sources: [4, 1],
    originalLabels: [1, 1],
  } as const;
  const appended = mergePoison(TRAIN, poison, note, false);
  expect([...appended.images]).toEqual([...TRAIN.images, 201, 202]);
  expect([...appended.labels]).toEqual([...TRAIN.labels, 2, 0]);
  const replaced = mergePoison(TRAIN, poison, note, true);
  expect([...replaced.images]).toEqual([0, 202, 20, 30, 201, 50, 60, 70]);
  expect([...replaced.labels]).toEqual([0, 0, 2, 0, 2, 2, 0, 1]);
});

test('noise has the length of the change that it stands for', () => {
  const sources = makeSplit([10, 10, 1], new Uint8Array(100).fill(128), Uint8Array.of(0));
  const noisy = noiseOfEqualLength(sources, new Uint8Array(100).fill(138), 1);
  const length = Math.sqrt(noisy.reduce((sum, v) => sum + (v - 128) ** 2, 0));
  // 100 pixels moved by 10; each rounded to the nearest of 256 values.
  expect(Math.abs(length - 100)).toBeLessThan(2);
});

test('a training anew takes the numbers of M, a training on poison alone has its own, the literal one those of Table A2', () => {
  const train = {
    architecture: 'table-a1',
    epochs: 3,
    batchSize: 32,
    learningRate: 0.02,
    momentum: 0.9,
    nesterov: true,
    dropout: 0.5,
    decayEvery: 2,
    decayFactor: 0.2,
  } as const;
  const retrain = {
    epochs: 1,
    steps: 20,
    batchSize: 16,
    learningRate: 0.01,
    momentum: 0.8,
    nesterov: false,
    measureEvery: 5,
  };
  const mode = (id: string) => optionsFor(findVariant(id), train, retrain);
  expect(mode('V1')).toMatchObject({
    isAnew: true,
    isOnPoisonAlone: false,
    options: { epochs: 3, steps: null, learningRate: 0.02 },
  });
  expect(mode('V7')).toMatchObject({
    isAnew: false,
    isOnPoisonAlone: true,
    options: { steps: 20, batchSize: 16, learningRate: 0.01 },
  });
  expect(mode('V9')).toMatchObject({ isAnew: false, isOnPoisonAlone: false, options: { epochs: 1, steps: null } });
  expect(mode('V10').options).toMatchObject({ learningRate: 0.1, momentum: 0.9, nesterov: false, epochs: 3 });
});

test('the comparison is a table of at most 100 columns that says what each variant is', () => {
  const rows = ['V1', 'V7', 'K1'].map((id, i) => ({
    variant: id,
    name: findVariant(id).name,
    meaning: findVariant(id).meaning,
    chosen: 7,
    poisons: 2500,
    before: { total: 0.9925, chosen: 1, others: 0.991, isConstant: false },
    after: { total: 0.897 - i / 10, chosen: i === 2 ? null : 0.432, others: 0.949, isConstant: i === 2 },
    distortion: { unit: 3.56, pixel: 907.8 },
    merged: `sha256:${String(i).repeat(64)}`,
  }));
  const table = formatComparison(rows);
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(table).toMatchInlineSnapshot(`
    "Test accuracy in percent, before -> after. Chosen class: 7.
    X': poisoned records. L2: their mean distance from their originals, pixels in [0, 1].

    variant                              total         chosen         others    X'    L2 merged data
    V1   literal reading          99.3 -> 89.7  100.0 -> 43.2   99.1 -> 94.9  2500  3.56 000000000000
    V7   recognised, X' alone     99.3 -> 79.7  100.0 -> 43.2   99.1 -> 94.9  2500  3.56 111111111111
    K1   control: label flip      99.3 -> 69.7     100.0 -> -   99.1 -> 94.9  2500  3.56 222222222222

    V1   literal reading: images of y' pushed away from y', labelled y'; M trained anew on X + X'
    V7   images of y' pushed away, labelled as M now recognises them; M trained further on X' alone
    K1   control: unperturbed images of y' with V2's labels; M trained anew on X + X'

    After training, one answer for every image: K1
    "
  `);
});
