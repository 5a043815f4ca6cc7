/** The stage programs themselves, on as little as they take. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDataset, writeDataset } from '../../../lib/dataset/dataset-folder.ts';
import { classify } from '../../../stages/common/classify.ts';
import { makeGlyphs } from '../../../stages/common/glyphs/glyphs.ts';
import { writeModel } from '../../../stages/common/model-file.ts';
import { initialiseModel } from '../../../stages/common/models.ts';
import { startCompute } from '../../../lib/compute/start.ts';
import { makeScratch, removeScratch, runStageProgram, type StageRun } from '../../support/experiment-rig.ts';

const TRAIN = makeGlyphs(1, 'train', 80);
// The untrained model must recognise one of them.
const TEST = makeGlyphs(1, 'test', 40);

let scratch: string;
let data: string;
let model: string;
beforeAll(async () => {
  scratch = makeScratch();
  [data, model] = [join(scratch, 'glyphs'), join(scratch, 'model')];
  const source = { kind: 'generated', generator: 'glyphs/v1', seed: 1 } as const;
  const classes = [...'0123456789'];
  writeDataset(data, { name: 'glyphs', classes, shape: [28, 28, 1], train: TRAIN, test: TEST, source });
  mkdirSync(model);
  const untrained = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);
  writeModel(model, { ...untrained, classes });
});
afterAll(() => removeScratch(scratch));

const run = (name: string, stage: StageRun) => runStageProgram(scratch, name, stage);

test('flip-labels: the same images, a fraction of the labels wrong, the test records as they were', async () => {
  const flipped = await run('flip-labels', {
    stage: 'flip-labels',
    params: { flips: { fraction: 0.9 }, 'flips.fraction': 0.25, seed: 1 },
    inputs: { data },
    outputs: { data: 'dataset' },
  });
  expect(flipped).toMatchObject({ exitCode: 0, stderr: '' });
  const { train, test: unseen, name } = readDataset(flipped.output('data'));
  expect(name).toBe('glyphs, 25 % of the labels wrong');
  expect(train!.images).toEqual(TRAIN.images);
  expect([...train!.labels].filter((label, i) => label !== TRAIN.labels[i])).toHaveLength(20);
  expect(unseen).toEqual(TEST);
});

const SVM = {
  ...{ kernel: 'linear', classes: [7, 1], training: 10, validation: 6, c: 1, gamma: 0.01 },
  ...{ points: 2, step: 1, iterations: 3, draws: 2 },
};

test('poison-svm: loss and error after each point, for each draw, and a picture of the points', async () => {
  const poisoned = await run('poison-svm', {
    stage: 'poison-svm',
    params: { svm: SVM, 'svm.kernel': 'rbf', seed: 1 },
    inputs: { data },
    outputs: { metrics: 'metrics', samples: 'image' },
  });
  expect(poisoned).toMatchObject({ exitCode: 0, stderr: '' });
  const metrics = poisoned.json('metrics');
  expect(metrics).toMatchObject({ kernel: 'rbf', classes: ['7', '1'], draws: 2, testRecords: 8 });
  expect([metrics.attacked.length, metrics.flipped.length, metrics.errorsByDraw.length]).toEqual([2, 2, 2]);
  expect(readFileSync(poisoned.output('samples')).subarray(1, 4).toString()).toBe('PNG');

  const refused = await run('refused', {
    stage: 'poison-svm',
    params: { svm: { ...SVM, classes: [7, 7] }, seed: 1 },
    inputs: { data },
    outputs: { metrics: 'metrics', samples: 'image' },
  });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatchInlineSnapshot(`
    "parameter-invalid: parameter svm.classes is [7,7]; allowed: two classes, such as [7, 1]
      change it in pipeline.yaml, or for one run with --set svm.classes=VALUE
    "
  `);
});

const EVADE = {
  ...{ aim: 'untargeted', count: 1, iterations: 3, learningRate: 0.1 },
  ...{ initialConstant: 10, searchSteps: 1, kappa: 0.1, batchSize: 4 },
};

test('evade: the images as a test set, success and distance', async () => {
  const evaded = await run('evade', {
    stage: 'evade',
    params: { evade: EVADE, 'evade.aim': 'targeted', seed: 1 },
    inputs: { data, model },
    outputs: { data: 'dataset', metrics: 'metrics', samples: 'image' },
  });
  expect(evaded).toMatchObject({ exitCode: 0, stderr: '' });
  const moved = readDataset(evaded.output('data'));
  expect([moved.train, moved.test!.count]).toEqual([null, 1]);
  expect(evaded.json('metrics')).toMatchObject({
    aim: 'targeted',
    images: 1,
    carliniWagner: { success: expect.any(Number), distortion: { unit: expect.any(Number) } },
    signStep: { success: expect.any(Number) },
  });

  await startCompute({ backend: 'wasm', version: '4.22.0', threads: 1 });
  const untrained = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);
  const answers = await classify(untrained, TEST);
  const recognised = answers.filter((answer, i) => answer === TEST.labels[i]).length;
  const refused = await run('too-many', {
    stage: 'evade',
    params: { evade: { ...EVADE, count: 40 }, seed: 1 },
    inputs: { data, model },
    outputs: { data: 'dataset', metrics: 'metrics', samples: 'image' },
  });
  expect(refused.stderr).toContain(
    `parameter evade.count is 40; allowed: 1 to ${recognised}, the test images that M recognises`,
  );
});

test('poison-generator: poison of a generator as a dataset, what each kind did to M, and the same bytes twice', async () => {
  const generator = {
    ...{ count: 2, hidden: 4, warmUp: 2, iterations: 2, batchSize: 2, fidelity: 1, learningRate: 0.001 },
    ...{ directIterations: 1, directStep: 0.5, normal: 2, rate: 0.02, steps: 1 },
  };
  const stage: StageRun = {
    stage: 'poison-generator',
    params: { generator, seed: 1 },
    inputs: { data, model },
    outputs: { data: 'dataset', metrics: 'metrics', samples: 'image' },
  };
  const [once, again] = [await run('generator', stage), await run('generator-again', stage)];
  expect(once).toMatchObject({ exitCode: 0, stderr: '' });
  expect(readDataset(once.output('data')).train!.count).toBe(2);
  expect(Object.keys(once.json('metrics').after)).toEqual(['true-label', 'wrong-label', 'direct', 'generated']);
  expect(once.json('metrics').after.generated.trajectory).toHaveLength(2);
  for (const file of ['data/train-images.idx', 'metrics.json']) {
    const bytes = (folder: string) => readFileSync(join(folder, 'outputs', file));
    expect(bytes(again.folder).equals(bytes(once.folder)), file).toBe(true);
  }
}, 60_000);
