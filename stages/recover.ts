/** Trains anew on the cleansed data, from M's first weights, for as many epochs as the training on the merged data had. */
import { runStage } from '../lib/stage-api/run-stage.ts';
import { readParameters } from './common/parameters/read.ts';
import { RETRAIN } from './common/parameters/retrain.ts';
import { TRAIN } from './common/parameters/train.ts';
import { SEED } from './common/parameters/values.ts';
import { trainAnew } from './common/train-anew.ts';

await runStage(async (context) => {
  const parameters = readParameters(context, {
    train: TRAIN,
    'retrain.anewEpochs': RETRAIN.shape.anewEpochs,
    seed: SEED,
  });
  const { train, 'retrain.anewEpochs': epochs, seed } = parameters;
  await trainAnew(context, { ...train, epochs: epochs ?? train.epochs }, seed);
});
