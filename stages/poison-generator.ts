/** Poison from a generator (Yang et al. 2017), from the direct gradient, and from a wrong label alone: what M loses when it trains on each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { makeSplit, selectRecords, type Split } from '../lib/dataset/split.ts';
import { reportProgress } from '../lib/stage-api/report.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { flipLabels } from './common/baselines/flip-labels.ts';
import { climb } from './common/baselines/generator/direct-gradient.ts';
import { generateImages, trainGenerator } from './common/baselines/generator/train-generator.ts';
import { meanLoss } from './common/baselines/test-loss.ts';
import { distortionOf } from './common/metrics.ts';
import { type NamedModel, readModel } from './common/model-file.ts';
import { parametersOf } from './common/models.ts';
import { GENERATOR, type GeneratorParameters } from './common/parameters/generator.ts';
import { invalidParameter } from './common/parameters/invalid.ts';
import { readParameters } from './common/parameters/read.ts';
import { SEED } from './common/parameters/values.ts';
import { stream } from './common/rng.ts';
import { drawSamples } from './common/sample-picture.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';
import { testAccuracy } from './common/test-accuracy.ts';
import { train } from './common/training.ts';

await runStage(async (context) => {
  const { generator: options, seed } = readParameters(context, { generator: GENERATOR, seed: SEED });
  const data = readData(context, 'data');
  const [records, test] = [requireSplit(data, 'train', 'data'), requireSplit(data, 'test', 'data')];
  const model = readModel(context.input('model'));
  if (options.count + options.normal > records.count) {
    throw invalidParameter('generator.count', options.count, `1 to ${records.count - options.normal}`);
  }
  if (parametersOf(model).some(({ kind }) => kind === 'observed')) {
    // Its look-ahead is one step of plain gradient descent, which no moving moment follows.
    throw invalidParameter('train.architecture', model.architecture, 'one without batch normalisation');
  }
  await startTensors(context);

  const order = stream(seed, 'generator', 'records').permutation(records.count);
  const normal = selectRecords(records, order.subarray(0, options.normal));
  const originals = selectRecords(records, order.subarray(options.normal, options.normal + options.count));
  const wrong = (split: Split): Split => flipLabels(split, data.classes.length, 1, seed);
  const flipped = wrong(originals);
  const report = (label: string) => (done: number, total: number) =>
    reportProgress({ done, total, unit: 'steps', label });

  const others = wrong(selectRecords(records, order.subarray(options.normal)));
  const trained = await trainGenerator(model, others, normal, options, seed, report('generator'));
  const generated = makeSplit(data.shape, await generateImages(trained.parameters, flipped), flipped.labels);
  const climbed = await climb(model, flipped, normal, options, report('direct gradient'));
  const direct = makeSplit(data.shape, climbed.images, flipped.labels);

  writeDataset(context.output('data'), {
    ...data,
    name: `${data.name} poison of a generator`,
    train: generated,
    test: null,
    source: {
      kind: 'derived',
      operation: 'generate',
      parents: [context.inputArtifact('data'), context.inputArtifact('model')],
    },
  });
  writeFileSync(context.output('samples'), drawSamples(originals, generated));
  const after = async (name: string, poison: Split): Promise<object> => {
    const folder = join(context.checkpointFolder, name);
    mkdirSync(folder, { recursive: true });
    return harmOf(model, poison, test, options, folder, seed);
  };
  writeMetrics(context, 'metrics', {
    count: options.count,
    rate: options.rate,
    steps: options.steps,
    before: { loss: await meanLoss(model, test), accuracy: await testAccuracy(model, test) },
    after: {
      'true-label': await after('true-label', originals),
      'wrong-label': await after('wrong-label', flipped),
      direct: await after('direct', direct),
      generated: await after('generated', generated),
    },
    distortion: { direct: distortionOf(originals, direct), generated: distortionOf(originals, generated) },
    // What M computes for one poisoned record: gradients in a step, and how many steps.
    gradientsPerRecord: {
      direct: 4 * options.directIterations,
      generated: 0,
      generatorTraining: 4 * options.iterations,
    },
    reconstruction: { first: trained.errors[0] ?? null, last: trained.errors.at(-1) ?? null },
    lookedAhead: { generator: trained.losses, direct: climbed.losses },
  });
});

/** M trained further on the poison alone, by plain gradient descent on all of it at once: its loss on the test data after each step. */
async function harmOf(
  model: NamedModel,
  poison: Split,
  test: Split,
  { rate, steps, count }: GeneratorParameters,
  folder: string,
  seed: number,
): Promise<object> {
  const plain = { momentum: 0, nesterov: false, dropout: 0, learningRate: rate, decayEvery: 1, decayFactor: 1 };
  const measure = async (now: Parameters<typeof meanLoss>[0]) => ({
    loss: await meanLoss(now, test),
    accuracy: await testAccuracy(now, test),
  });
  const { trajectory } = await train(model, poison, seed, { ...plain, epochs: 1, steps, batchSize: count }, folder, {
    afterSteps: { measureEvery: 1, measure },
  });
  return { first: trajectory[1], last: trajectory.at(-1), trajectory };
}
