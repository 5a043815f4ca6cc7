import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeSplit } from '../../lib/dataset/split.ts';
import { formatError } from '../../lib/stage-api/stage-error.ts';
import type { StageContext } from '../../lib/stage-api/context.ts';
import { formatComparison } from '../../stages/common/comparison.ts';
import { PERTURB as PERTURB_SCHEMA } from '../../stages/common/parameters/attack.ts';
import { readParameters } from '../../stages/common/parameters/read.ts';
import { SEED } from '../../stages/common/parameters/values.ts';
import { labelPoison, mergePoison, noiseOfEqualLength } from '../../stages/common/poison.ts';
import { type Reading, readReading } from '../../stages/common/reading.ts';
import { chooseSources, takeFromPool } from '../../stages/common/sources.ts';
import { optionsFor } from '../../stages/common/training-modes.ts';

const CLASSES = ['a', 'b', 'c'];
// Class of each record: 0 1 2 0 1 2 0 1.
const TRAIN = makeSplit(
  [1, 1, 1],
  Uint8Array.from({ length: 8 }, (_, i) => 10 * i),
  Uint8Array.of(0, 1, 2, 0, 1, 2, 0, 1),
);
const PERTURB = {
  pool: 2,
  iterations: 10,
  learningRate: 0.1,
  initialConstant: 0.01,
  searchSteps: 1,
  kappa: 0,
  epsilon: 3.56,
  batchSize: 10,
};

/** As pipeline.yaml names them. */
const { params } = parse(readFileSync('pipeline.yaml', 'utf8')) as { params: { readings: Record<string, Reading> } };
const READINGS = params.readings;
const reading = (id: string): Reading => READINGS[id] as Reading;

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return formatError(error);
  }
  return 'nothing was thrown';
}

test('every reading of pipeline.yaml is sound, and has a name of its own that fits the table', () => {
  expect(Object.keys(READINGS).join(' ')).toBe('V0 V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 K1 K2 K3 K4');
  const choices = Object.keys(reading('V1')) as (keyof Reading)[];
  for (const each of Object.values(READINGS)) {
    const given = Object.fromEntries(Object.entries(each).map(([choice, value]) => [`reading.${choice}`, value]));
    expect(readReading({ params: given } as unknown as StageContext, ...choices)).toEqual(each);
    expect(each.name.length).toBeLessThanOrEqual(22);
    expect(each.meaning.length).toBeLessThanOrEqual(95);
  }
  expect(new Set(Object.values(READINGS).map(({ name }) => name)).size).toBe(18);
});

test('a choice that there is not is an error that names it', () => {
  const context = { params: { 'reading.label': 'recognized' } } as unknown as StageContext;
  expect(messageOf(() => readReading(context, 'label'))).toMatchInlineSnapshot(`
    "parameter-invalid: parameter reading.label is "recognized"; allowed: one of chosen, original, recognised, random-other, next-class
      change it in pipeline.yaml, or for one run with --set reading.label=VALUE"
  `);
});

test('sources come from the chosen class, from all or from the others, and none twice', () => {
  const indexesOf = (id: string, count: number) =>
    [...chooseSources(TRAIN, CLASSES, reading(id).source, 1, count, 1)].sort((a, b) => a - b);
  expect(indexesOf('V1', 3)).toEqual([1, 4, 7]);
  expect(indexesOf('V13', 5)).toEqual([0, 2, 3, 5, 6]);
  expect(indexesOf('V5', 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(indexesOf('V0', 8)).toEqual([]);
});

test('a larger count keeps the sources of a smaller one, and ends with what there is', () => {
  const drawn = (count: number) => [...chooseSources(TRAIN, CLASSES, 'all', 1, count, 1)];
  expect(drawn(6).slice(0, 3)).toEqual(drawn(3));
  expect(drawn(60)).toEqual(drawn(8));
});

test('a count above the pool takes its images again where that is asked for', () => {
  expect(takeFromPool(3, { count: 2, replacement: false })).toEqual([0, 1]);
  expect(takeFromPool(3, { count: 7, replacement: true })).toEqual([0, 1, 2, 0, 1, 2, 0]);
  expect(takeFromPool(0, { count: 0, replacement: true })).toEqual([]);
});

test('what cannot be drawn is an error that names the parameter, its value and what is allowed', () => {
  expect(messageOf(() => takeFromPool(3, { count: 4, replacement: false }))).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.count is 4; allowed: 0 to 3, the images that there are to take; more with attack.replacement true
      change it in pipeline.yaml, or for one run with --set attack.count=VALUE"
  `);
  expect(messageOf(() => takeFromPool(0, { count: 2, replacement: true }))).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.count is 2; allowed: 0 to 0, the images that there are to take; this variant makes none
      change it in pipeline.yaml, or for one run with --set attack.count=VALUE"
  `);
  expect(messageOf(() => chooseSources(TRAIN, CLASSES, 'chosen', 12, 2, 1))).toMatchInlineSnapshot(`
    "parameter-invalid: parameter attack.chosen is 12; allowed: a class from 0 to 2
      change it in pipeline.yaml, or for one run with --set attack.chosen=VALUE"
  `);
});

test('parameters out of range are errors that name the path, the value and what is allowed', () => {
  const read = (perturb: unknown, more: object = {}) =>
    messageOf(() =>
      readParameters({ params: { seed: 1, perturb, ...more } } as unknown as StageContext, {
        perturb: PERTURB_SCHEMA,
        seed: SEED,
      }),
    );
  expect(read({ ...PERTURB, iterations: 0 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter perturb.iterations is 0; allowed: an integer of at least 1
      change it in pipeline.yaml, or for one run with --set perturb.iterations=VALUE"
  `);
  expect(read({ ...PERTURB, learningRate: -0.1 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter perturb.learningRate is -0.1; allowed: a number above 0
      change it in pipeline.yaml, or for one run with --set perturb.learningRate=VALUE"
  `);
  expect(read({ ...PERTURB, pool: 2.5 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter perturb.pool is 2.5; allowed: an integer of at least 0
      change it in pipeline.yaml, or for one run with --set perturb.pool=VALUE"
  `);
  expect(read({ ...PERTURB, pool: -1 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter perturb.pool is -1; allowed: an integer of at least 0
      change it in pipeline.yaml, or for one run with --set perturb.pool=VALUE"
  `);
  expect(read({ ...PERTURB, itterations: 5 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter perturb.itterations is not known
      did you mean "iterations"? allowed under perturb: pool, iterations, learningRate, initialConstant, searchSteps, kappa, epsilon, batchSize"
  `);
  expect(read({ ...PERTURB, kappa: undefined })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter perturb.kappa is missing; allowed: a number of at least 0
      change it in pipeline.yaml, or for one run with --set perturb.kappa=VALUE"
  `);
  expect(read(7)).toMatchInlineSnapshot(`
    "parameter-invalid: parameter perturb is 7; allowed: a map of parameters
      change it in pipeline.yaml, or for one run with --set perturb=VALUE"
  `);
  expect(read(PERTURB, { seed: 0 })).toMatchInlineSnapshot(`
    "parameter-invalid: parameter seed is 0; allowed: an integer of at least 1
      change it in pipeline.yaml, or for one run with --set seed=VALUE"
  `);
});

test('a matrix axis replaces the value in its group', () => {
  const context = { params: { perturb: PERTURB, 'perturb.kappa': 7 } } as unknown as StageContext;
  expect(readParameters(context, { perturb: PERTURB_SCHEMA }).perturb.kappa).toBe(7);
});

test('labels: as chosen, as before, as recognised, random but never the chosen class', () => {
  const originals = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1);
  const recognised = Uint8Array.of(0, 2, 1, 0, 0, 0, 0, 0);
  const labels = (id: string) => [...labelPoison(reading(id).label, 1, 3, originals, recognised, 1)];
  expect(labels('V1')).toEqual([...originals]);
  expect(labels('V2')).toEqual([...recognised]);
  expect(labels('V6')).toEqual([...originals]);
  expect(new Set(labels('V3'))).toEqual(new Set([0, 2]));
  expect(new Set(labels('K4'))).toEqual(new Set([2]));
});

test('the merged set is the clean records and then the poison, or has the poison in place of its sources', () => {
  const poison = makeSplit([1, 1, 1], Uint8Array.of(201, 202), Uint8Array.of(2, 0));
  const note = {
    format: 'assay-poison/v2',
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
    anewEpochs: null,
    epochs: 1,
    poisonEpochs: 2,
    steps: 20,
    batchSize: 16,
    learningRate: 0.01,
    momentum: 0.8,
    nesterov: false,
    measureEvery: 5,
  };
  const mode = (id: string, change = {}) => optionsFor(reading(id), train, { ...retrain, ...change });
  expect(mode('V1')).toMatchObject({
    isAnew: true,
    isOnPoisonAlone: false,
    options: { epochs: 3, steps: null, learningRate: 0.02 },
  });
  expect(mode('V7')).toMatchObject({
    isAnew: false,
    isOnPoisonAlone: true,
    options: { epochs: 2, steps: 20, batchSize: 16, learningRate: 0.01 },
  });
  expect(mode('V1', { anewEpochs: 1 }).options).toMatchObject({ epochs: 1, learningRate: 0.02 });
  expect(mode('V9')).toMatchObject({ isAnew: false, isOnPoisonAlone: false, options: { epochs: 1, steps: null } });
  expect(mode('V10').options).toMatchObject({ learningRate: 0.1, momentum: 0.9, nesterov: false, epochs: 3 });
});

test('the comparison is a table of at most 100 columns that says what each variant is', () => {
  const rows = ['V1', 'V7', 'K1'].map((id, i) => ({
    variant: id,
    name: reading(id).name,
    meaning: reading(id).meaning,
    chosen: 7,
    poisons: 2500,
    before: { total: 0.9925, chosen: 1, others: 0.991, isConstant: false },
    after: { total: 0.897 - i / 10, chosen: i === 2 ? null : 0.432, others: 0.949, isConstant: i === 2 },
    distortion: { unit: 3.56, pixel: 907.8 },
    merged: `sha256:${String(i).repeat(64)}`,
  }));
  const paper = { before: 99.25, total: 89.7, chosen: 43.2, others: 94.9, distortion: 3.56 };
  expect(formatComparison(rows, null)).not.toContain('the paper');
  const table = formatComparison(rows, paper);
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(table).toMatchInlineSnapshot(`
    "Test accuracy in percent, before -> after. Chosen class: 7.
    X': poisoned records. L2: their mean distance from their originals, pixels in [0, 1].

    variant                              total         chosen         others    X'    L2 merged data
    V1   literal reading          99.3 -> 89.7  100.0 -> 43.2   99.1 -> 94.9  2500  3.56 000000000000
    V7   recognised, X' alone     99.3 -> 79.7  100.0 -> 43.2   99.1 -> 94.9  2500  3.56 111111111111
    K1   control: label flip      99.3 -> 69.7     100.0 -> -   99.1 -> 94.9  2500  3.56 222222222222
         the paper, Table 4       99.3 -> 89.7           43.2           94.9  2500  3.56

    V1   literal reading: images of y' pushed away from y', labelled y'; M trained anew on X + X'
    V7   images of y' pushed away, labelled as M now recognises them; M trained further on X' alone
    K1   control: unperturbed images of y' with V2's labels; M trained anew on X + X'

    After training, one answer for every image: K1
    "
  `);
});
