/** Moves the pixels of source images against M (Kwon, Yoon and Park 2019, Equation 1 and Algorithm 1), as the variant reads the paper. */
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { makeSplit, selectRecords } from '../lib/dataset/split.ts';
import { reportProgress } from '../lib/stage-api/report.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { generatePoison } from './common/attack.ts';
import { distortionOf } from './common/metrics.ts';
import { readModel } from './common/model-file.ts';
import { ATTACK, PERTURB } from './common/parameters/attack.ts';
import { readParameters } from './common/parameters/read.ts';
import { SEED } from './common/parameters/values.ts';
import { writePoisonNote } from './common/poison.ts';
import { readReading } from './common/reading.ts';
import { chooseSources } from './common/sources.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';

await runStage(async (context) => {
  const { source, objective } = readReading(context, 'source', 'objective');
  const parameters = readParameters(context, { 'attack.chosen': ATTACK.shape.chosen, perturb: PERTURB, seed: SEED });
  const { perturb, seed, 'attack.chosen': chosen } = parameters;
  const data = readData(context, 'data');
  const train = requireSplit(data, 'train', 'data');
  const model = readModel(context.input('model'));
  const sources = chooseSources(train, data.classes, source, chosen, perturb.pool, seed);
  const originals = selectRecords(train, sources);
  await startTensors(context);

  const moved =
    objective === 'none' || originals.count === 0
      ? { images: originals.images, reached: [] }
      : await generatePoison(
          model,
          originals,
          { ...perturb, chosen, objective },
          context.checkpointFolder,
          reportProgress,
        );
  const pool = makeSplit(data.shape, moved.images, originals.labels);

  writeDataset(context.output('pool'), {
    name: `${data.name} perturbed`,
    classes: data.classes,
    shape: data.shape,
    train: pool,
    test: null,
    source: {
      kind: 'derived',
      operation: `perturb ${source} ${objective}`,
      parents: [context.inputArtifact('data'), context.inputArtifact('model')],
    },
  });
  writePoisonNote(context.output('pool'), {
    format: 'assay-poison/v2',
    chosen,
    sources: [...sources],
    originalLabels: [...originals.labels],
  });
  writeMetrics(context, 'metrics', {
    source,
    objective,
    count: pool.count,
    iterations: objective === 'none' ? 0 : perturb.iterations,
    reached: moved.reached.filter(Boolean).length,
    distortion: distortionOf(originals, pool),
  });
});
