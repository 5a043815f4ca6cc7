/** Trains M on the clean data (Kwon, Yoon and Park 2019, section 4.2). */
import { runStage } from '../lib/stage-api/run-stage.ts';
import { readParameters } from './common/parameters/read.ts';
import { TRAIN } from './common/parameters/train.ts';
import { SEED } from './common/parameters/values.ts';
import { trainAnew } from './common/train-anew.ts';

await runStage(async (context) => {
  const { train, seed } = readParameters(context, { train: TRAIN, seed: SEED });
  await trainAnew(context, train, seed);
});
