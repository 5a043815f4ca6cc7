import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDataset, writeDataset } from '../../lib/dataset/dataset-folder.ts';
import { makeGlyphs } from '../../stages/common/glyphs/glyphs.ts';
import { readModel } from '../../stages/common/model-file.ts';
import { ARTIFACT, makeScratch, removeScratch, runStageProgram, type StageResult } from '../support/experiment-rig.ts';

const TRAIN = {
  architecture: 'table-a1',
  epochs: 2,
  batchSize: 16,
  learningRate: 0.02,
  momentum: 0.9,
  nesterov: false,
  dropout: 0.5,
  decayEvery: 1,
  decayFactor: 0.5,
};
const RETRAIN = {
  anewEpochs: null,
  epochs: 1,
  poisonEpochs: 2,
  steps: 4,
  batchSize: 4,
  learningRate: 0.01,
  momentum: 0.9,
  nesterov: false,
  measureEvery: 2,
};
const PERTURB = {
  pool: 6,
  iterations: 4,
  learningRate: 0.1,
  initialConstant: 1,
  searchSteps: 1,
  kappa: 0,
  epsilon: 3.56,
  batchSize: 3,
};

let scratch: string;
let data: string;
let pretrained: StageResult;
let pool: StageResult;

function pretrain(name: string, killOnceExists?: (folder: string) => string): Promise<StageResult> {
  return runStageProgram(scratch, name, {
    stage: 'pretrain',
    params: { train: TRAIN, seed: 1 },
    inputs: { data },
    outputs: { model: 'model', metrics: 'metrics' },
    ...(killOnceExists === undefined ? {} : { killOnceExists }),
  });
}

function perturb(name: string, chosen = 7): Promise<StageResult> {
  return runStageProgram(scratch, name, {
    stage: 'perturb',
    params: {
      'reading.source': 'chosen',
      'reading.objective': 'margin-away',
      'attack.chosen': chosen,
      perturb: PERTURB,
      seed: 1,
    },
    inputs: { data, model: pretrained.output('model') },
    outputs: { pool: 'dataset', metrics: 'metrics' },
  });
}

function poison(name: string, label: string, count = 6): Promise<StageResult> {
  return runStageProgram(scratch, name, {
    stage: 'poison',
    params: {
      'reading.pixels': 'optimised',
      'reading.label': label,
      'attack.count': count,
      'attack.replacement': false,
      seed: 1,
    },
    inputs: { data, model: pretrained.output('model'), pool: pool.output('pool') },
    outputs: { data: 'dataset', metrics: 'metrics', samples: 'image' },
  });
}

beforeAll(async () => {
  scratch = makeScratch();
  data = join(scratch, 'glyphs');
  writeDataset(data, {
    name: 'glyphs',
    classes: [...'0123456789'],
    shape: [28, 28, 1],
    train: makeGlyphs(1, 'train', 80),
    test: makeGlyphs(1, 'test', 20),
    source: { kind: 'generated', generator: 'glyphs/v1', seed: 1 },
  });
  pretrained = await pretrain('pretrain');
  pool = await perturb('perturb');
});
afterAll(() => removeScratch(scratch));

describe('pretrain', () => {
  test('writes a model that can be read back, and a curve of every epoch', () => {
    expect(pretrained).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readModel(pretrained.output('model')).weights).toHaveLength(14);
    const metrics = pretrained.json('metrics');
    // After ten steps the model still gives one answer for everything, which counts as diverged.
    expect(metrics).toMatchObject({ diverged: true, notANumberAtStep: null, parameters: 312_202, steps: 10 });
    expect(metrics.curve.map((r: { learningRate: number }) => r.learningRate)).toEqual([0.02, 0.01]);
  });

  test('killed after its first epoch, it goes on from there and ends with the same bytes', async () => {
    const killed = await pretrain('killed', (folder) => join(folder, 'checkpoint', 'training.checkpoint'));
    expect(killed.signal).toBe('SIGKILL');
    const resumed = await pretrain('killed');
    expect(resumed.exitCode).toBe(0);
    for (const file of ['model/weights.bin', 'model/model.json', 'metrics.json']) {
      const bytes = (run: StageResult) => readFileSync(join(run.folder, 'outputs', file));
      expect(bytes(resumed).equals(bytes(pretrained)), file).toBe(true);
    }
  });
});

describe('from poison to the table', () => {
  let poisoned: Record<'V1' | 'V7', StageResult>;
  let merged: Record<'V1' | 'V7', StageResult>;

  beforeAll(async () => {
    poisoned = { V1: await poison('poison-V1', 'chosen'), V7: await poison('poison-V7', 'recognised') };
    const merge = (id: 'V1' | 'V7') =>
      runStageProgram(scratch, `merge-${id}`, {
        stage: 'merge',
        params: { 'reading.merge': 'append' },
        inputs: { clean: data, poison: poisoned[id].output('data') },
        outputs: { data: 'dataset' },
      });
    merged = { V1: await merge('V1'), V7: await merge('V7') };
  });

  test('the pool is what poison takes from, and says how far its images moved', () => {
    expect(pool).toMatchObject({ exitCode: 0, stderr: '' });
    expect(pool.json('metrics')).toMatchObject({ source: 'chosen', objective: 'margin-away', count: 6, iterations: 4 });
    expect(pool.json('metrics').distortion).toEqual(poisoned.V1.json('metrics').distortion);
  });

  test("a smaller N' is the beginning of a larger one", async () => {
    const [few, all] = [await poison('few', 'chosen', 2), poisoned.V1].map(
      (run) => readDataset(run.output('data')).train!,
    );
    expect(few!.images).toEqual(all!.images.subarray(0, few!.images.length));
    expect(few!.count).toBe(2);
  });

  test('the poison carries the labels of its variant and says where it comes from', () => {
    expect(poisoned.V1).toMatchObject({ exitCode: 0, stderr: '' });
    const set = readDataset(poisoned.V1.output('data'));
    expect([...set.train!.labels]).toEqual([7, 7, 7, 7, 7, 7]);
    expect(set.test).toBeNull();
    const note = JSON.parse(readFileSync(join(poisoned.V1.output('data'), 'poison.json'), 'utf8'));
    const clean = readDataset(data).train!;
    expect(note.sources.map((source: number) => clean.labels[source])).toEqual([7, 7, 7, 7, 7, 7]);
    // V7 differs in its labels alone: they are what M sees.
    const other = readDataset(poisoned.V7.output('data'));
    expect(other.train!.images).toEqual(set.train!.images);
    expect(poisoned.V7.json('metrics').labels).toEqual(poisoned.V7.json('metrics').recognised);
    expect(readFileSync(poisoned.V1.output('samples')).subarray(1, 4).toString()).toBe('PNG');
  });

  test('the merged set is the clean set and then the poison', () => {
    expect(merged.V1).toMatchObject({ exitCode: 0, stderr: '' });
    const [set, clean, added] = [merged.V1.output('data'), data, poisoned.V1.output('data')].map(readDataset);
    expect([set!.train!.count, set!.test!.count]).toEqual([86, 20]);
    expect(set!.train!.images.subarray(0, clean!.train!.images.length)).toEqual(clean!.train!.images);
    expect(set!.train!.images.subarray(clean!.train!.images.length)).toEqual(added!.train!.images);
    expect(set!.source).toEqual({ kind: 'derived', operation: 'append', parents: [ARTIFACT, ARTIFACT] });
  });

  test('M is trained anew or further, evaluated before and after, and the variants are put side by side', async () => {
    const evaluated: StageResult[] = [];
    for (const id of ['V1', 'V7'] as const) {
      const retrained = await runStageProgram(scratch, `retrain-${id}`, {
        stage: 'retrain',
        params: {
          train: { ...TRAIN, epochs: 1 },
          retrain: RETRAIN,
          'reading.training': id === 'V7' ? 'continue-poison' : 'scratch',
          'reading.optimiser': 'as-trained',
          seed: 1,
        },
        inputs: {
          data: merged[id].output('data'),
          poison: poisoned[id].output('data'),
          model: pretrained.output('model'),
        },
        outputs: { model: 'model', metrics: 'metrics' },
      });
      expect(retrained).toMatchObject({ exitCode: 0, stderr: '' });
      const steps = retrained.json('metrics').trajectory.map((r: { step: number }) => r.step);
      expect(steps).toEqual(id === 'V7' ? [0, 2, 4] : []);
      evaluated.push(
        await runStageProgram(scratch, `evaluate-${id}`, {
          stage: 'evaluate',
          params: {
            'attack.variant': id,
            'reading.name': id === 'V1' ? 'literal reading' : "recognised, X' alone",
            'reading.meaning': 'what is done',
          },
          inputs: {
            data,
            poison: poisoned[id].output('data'),
            before: pretrained.output('model'),
            after: retrained.output('model'),
            training: retrained.output('metrics'),
          },
          outputs: { metrics: 'metrics' },
        }),
      );
    }
    const metrics = evaluated[0]!.json('metrics');
    expect(metrics).toMatchObject({ variant: 'V1', name: 'literal reading', chosen: 7, poisons: 6, testRecords: 20 });
    expect(metrics.before.total).toBe(pretrained.json('metrics').accuracy);
    expect(metrics.distortion).toEqual(poisoned.V1.json('metrics').distortion);
    expect(metrics.after.confusion.flat().reduce((a: number, b: number) => a + b)).toBe(20);

    const members = (path: (i: number) => string) => ({
      members: ['variant=V1', 'variant=V7'].map((label, i) => ({
        label,
        path: path(i),
        artifact: `sha256:${i}`.padEnd(71, 'a'),
      })),
    });
    const compared = await runStageProgram(scratch, 'compare', {
      stage: 'compare',
      params: { paper: null },
      inputs: {
        evaluations: members((i) => evaluated[i]!.output('metrics')),
        merged: members((i) => merged[i === 0 ? 'V1' : 'V7'].output('data')),
      },
      outputs: { 'table.txt': 'file', metrics: 'metrics' },
    });
    expect(compared).toMatchObject({ exitCode: 0, stderr: '' });
    const table = readFileSync(compared.output('table.txt'), 'utf8').split('\n');
    expect(table[4]).toMatch(/^V1 {3}literal reading .* 0aaaaaaaaaaa$/);
    expect(table[5]).toMatch(/^V7 {3}recognised, X' alone .* 1aaaaaaaaaaa$/);
    expect(Object.keys(compared.json('metrics'))).toEqual(['V1', 'V7']);
  });

  test('every record gets six scores; the suspects are left out, and the truth is told from the hashes', async () => {
    const records = { data: merged.V7.output('data') };
    const models = { suspect: pretrained.output('model'), reference: pretrained.output('model') };
    const detected = await runStageProgram(scratch, 'detect', {
      stage: 'detect',
      params: {},
      inputs: { ...records, ...models },
      outputs: { scores: 'file' },
    });
    expect(detected).toMatchObject({ exitCode: 0, stderr: '' });
    const { scores } = detected.json('scores');
    expect(Object.values(scores).map((values) => (values as number[]).length)).toEqual(new Array(6).fill(86));

    const cleansed = await runStageProgram(scratch, 'cleanse', {
      stage: 'cleanse',
      params: { cleanse: { detectors: ['near-duplicate'], fraction: 0.1 } },
      inputs: { ...records, scores: detected.output('scores') },
      outputs: { data: 'dataset', metrics: 'metrics' },
    });
    expect(cleansed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(cleansed.json('metrics')).toMatchObject({ records: 86, removed: 8 });
    expect(readDataset(cleansed.output('data')).train!.count).toBe(78);

    const assessed = await runStageProgram(scratch, 'assess', {
      stage: 'assess',
      params: {},
      inputs: { ...records, clean: data, scores: detected.output('scores'), cleansed: cleansed.output('data') },
      outputs: { metrics: 'metrics' },
    });
    expect(assessed).toMatchObject({ exitCode: 0, stderr: '' });
    const found = assessed.json('metrics');
    expect([found.records, found.poison, found.poisonRemoved + found.cleanRemoved]).toEqual([86, 6, 8]);

    const members = (path: string) => ({
      members: [1, 2].map((seed) => ({
        label: `variant=V7,seed=${seed}`,
        coordinates: { 'attack.variant': 'V7', seed },
        path,
        artifact: ARTIFACT,
      })),
    });
    const evaluation = join(scratch, 'evaluation.json');
    const accuracy = { chosen: 0.5, others: 0.9 };
    writeFileSync(
      evaluation,
      JSON.stringify({ variant: 'V7', name: 'a', chosen: 7, before: accuracy, after: accuracy }),
    );
    const defended = await runStageProgram(scratch, 'defend', {
      stage: 'defend',
      params: {},
      inputs: { assessments: members(assessed.output('metrics')), recoveries: members(evaluation) },
      outputs: { 'table.txt': 'file', metrics: 'metrics' },
    });
    expect(defended).toMatchObject({ exitCode: 0, stderr: '' });
    const table = readFileSync(defended.output('table.txt'), 'utf8');
    expect(table).toMatch(
      new RegExp(`V7 seed=2 .* ${found.poisonRemoved} of 6 .* ${found.cleanRemoved} of 80 .*50.0 -> 50.0`),
    );
    expect(Object.keys(defended.json('metrics'))).toEqual(['V7 seed=1', 'V7 seed=2']);
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(105);
  });

  test('scores of other data are refused', async () => {
    const scores = join(scratch, 'scores.json');
    writeFileSync(scores, JSON.stringify({ format: 'assay-scores/v1', records: 3, scores: {} }));
    const { exitCode, stderr } = await runStageProgram(scratch, 'cleanse-other', {
      stage: 'cleanse',
      params: { cleanse: { detectors: ['loss'], fraction: 0.1 } },
      inputs: { data: merged.V1.output('data'), scores },
      outputs: { data: 'dataset', metrics: 'metrics' },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^scores-corrupt: .*scores\.json: not the scores of stage detect\./);
  });
});

describe('faults', () => {
  test('a count above the number of records is told without a stack', async () => {
    const { exitCode, stderr } = await poison('too-many', 'chosen', 60);
    expect({ exitCode, stderr }).toMatchInlineSnapshot(`
      {
        "exitCode": 1,
        "stderr": "parameter-invalid: parameter attack.count is 60; allowed: 0 to 6, the images that there are to take; more with attack.replacement true
        change it in pipeline.yaml, or for one run with --set attack.count=VALUE
      ",
      }
    `);
  });

  test('a class that does not exist is told', async () => {
    const { exitCode, stderr } = await perturb('no-class', 12);
    expect({ exitCode, stderr }).toMatchInlineSnapshot(`
      {
        "exitCode": 1,
        "stderr": "parameter-invalid: parameter attack.chosen is 12; allowed: a class from 0 to 9
        change it in pipeline.yaml, or for one run with --set attack.chosen=VALUE
      ",
      }
    `);
  });

  test('a dataset that the poison stage did not make is told', async () => {
    const { exitCode, stderr } = await runStageProgram(scratch, 'no-note', {
      stage: 'merge',
      params: { 'reading.merge': 'append' },
      inputs: { clean: data, poison: data },
      outputs: { data: 'dataset' },
    });
    expect({ exitCode, stderr: stderr.replaceAll(scratch, '<folder>') }).toMatchInlineSnapshot(`
      {
        "exitCode": 1,
        "stderr": "poison-note-corrupt: <folder>/glyphs/poison.json does not say how the poison was made.
        give the input \`poison\` the output of the stage poison: poison.data
      ",
      }
    `);
  });

  test('a stage program started by hand says how to start it', () => {
    const { stderr } = spawnSync(process.execPath, [join(scratch, 'merge.mjs')], { encoding: 'utf8', env: {} });
    expect(stderr).toMatch(/^context-missing: merge.mjs is a stage program/);
  });
});
