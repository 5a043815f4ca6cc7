/** "Build the model M training X_T" (Kwon, Yoon and Park 2019, Algorithm 1): anew or further, on X + X' or on X' alone. */
import { makeSplit, type Shape, type Split } from '../lib/dataset/split.ts';
import { reportMessage, reportProgress } from '../lib/stage-api/report.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { readModel, writeModel } from './common/model-file.ts';
import { initialiseModel } from './common/models.ts';
import { readParameters } from './common/parameters/read.ts';
import { RETRAIN } from './common/parameters/retrain.ts';
import { TRAIN } from './common/parameters/train.ts';
import { SEED } from './common/parameters/values.ts';
import { readPoisonNote } from './common/poison.ts';
import { readReading } from './common/reading.ts';
import { stream } from './common/rng.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';
import { selectiveAccuracy } from './common/test-accuracy.ts';
import { optionsFor } from './common/training-modes.ts';
import { train, type TrainingHooks } from './common/training.ts';

await runStage(async (context) => {
  const reading = readReading(context, 'training', 'optimiser');
  const parameters = readParameters(context, { train: TRAIN, retrain: RETRAIN, seed: SEED });
  const { seed, retrain } = parameters;
  const merged = readData(context, 'data');
  const poison = readData(context, 'poison');
  const base = readModel(context.input('model'));
  const { chosen } = readPoisonNote(context.input('poison'));
  const test = requireSplit(merged, 'test', 'data');
  await startTensors(context);

  const { isAnew, isOnPoisonAlone, options } = optionsFor(reading, parameters.train, retrain);
  // Not M's own draw: V0 shows by how much two trainings differ that differ in nothing else.
  const drawn = stream(seed, 'retrain').below(2 ** 31 - 1) + 1;
  const start = isAnew ? { ...initialiseModel(base, drawn), classes: base.classes } : base;
  const records = isOnPoisonAlone ? (poison.train ?? noRecords(merged.shape)) : requireSplit(merged, 'train', 'data');
  const steps = records.count === 0 ? null : options.steps;
  const measure: TrainingHooks['afterEpoch'] = (now) => selectiveAccuracy(now, test, chosen);
  const trained = await train(start, records, drawn, { ...options, steps }, context.checkpointFolder, {
    // A training on X' alone passes through every degree of damage; its trajectory says which degree the end is.
    ...(isOnPoisonAlone ? { afterSteps: { measureEvery: retrain.measureEvery, measure } } : { afterEpoch: measure }),
    progress: reportProgress,
  });

  const isDiverged = trained.notANumberAtStep !== null;
  if (isDiverged) reportMessage(`training diverged: the loss is no number at step ${trained.notANumberAtStep}`);
  writeModel(context.output('model'), trained.model);
  writeMetrics(context, 'metrics', {
    training: reading.training,
    diverged: isDiverged,
    notANumberAtStep: trained.notANumberAtStep,
    steps: trained.steps,
    curve: trained.curve,
    trajectory: trained.trajectory,
  });
});

/** With N' 0 there is nothing to train M further on, and it stays as it is. */
function noRecords(shape: Shape): Split {
  return makeSplit(shape, new Uint8Array(0), new Uint8Array(0));
}
