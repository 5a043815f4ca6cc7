/** The training data with a fraction of its labels wrong, drawn at random. */
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { flipLabels } from './common/baselines/flip-labels.ts';
import { FLIPS } from './common/parameters/flips.ts';
import { readParameters } from './common/parameters/read.ts';
import { SEED } from './common/parameters/values.ts';
import { readData, requireSplit } from './common/stage-io.ts';

await runStage((context) => {
  const { flips, seed } = readParameters(context, { flips: FLIPS, seed: SEED });
  const data = readData(context, 'data');
  writeDataset(context.output('data'), {
    ...data,
    name: `${data.name}, ${flips.fraction * 100} % of the labels wrong`,
    train: flipLabels(requireSplit(data, 'train', 'data'), data.classes.length, flips.fraction, seed),
    source: { kind: 'derived', operation: 'flip labels', parents: [context.inputArtifact('data')] },
  });
});
