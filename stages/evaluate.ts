/** Records the accuracy on the test data before and after (Kwon, Yoon and Park 2019, Algorithm 1, last step, and Table 4). */
import { readFileSync } from 'node:fs';
import { makeSplit, selectRecords, type Split } from '../lib/dataset/split.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { classify } from './common/classify.ts';
import { accuracyOf, confusionMatrix, distortionOf, isConstant, predictionHistogram } from './common/metrics.ts';
import { type NamedModel, readModel } from './common/model-file.ts';
import { ATTACK } from './common/parameters/attack.ts';
import { readParameters } from './common/parameters/read.ts';
import { readPoisonNote } from './common/poison.ts';
import { readReading } from './common/reading.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';

await runStage(async (context) => {
  const clean = readData(context, 'data');
  const [train, test] = [requireSplit(clean, 'train', 'data'), requireSplit(clean, 'test', 'data')];
  const note = readPoisonNote(context.input('poison'));
  const poison = readData(context, 'poison').train ?? makeSplit(clean.shape, new Uint8Array(0), new Uint8Array(0));
  const { name, meaning } = readReading(context, 'name', 'meaning');
  const { 'attack.variant': variant } = readParameters(context, { 'attack.variant': ATTACK.shape.variant });
  await startTensors(context);

  const before = await measure(readModel(context.input('before')), test, poison, note.chosen);
  const after = await measure(readModel(context.input('after')), test, poison, note.chosen);
  const training = JSON.parse(readFileSync(context.input('training'), 'utf8')) as {
    curve: unknown;
    trajectory: unknown;
  };
  writeMetrics(context, 'metrics', {
    variant,
    name,
    meaning,
    chosen: note.chosen,
    poisons: poison.count,
    testRecords: test.count,
    before,
    after,
    distortion: distortionOf(selectRecords(train, note.sources), poison),
    curve: training.curve,
    trajectory: training.trajectory,
  });
});

async function measure(model: NamedModel, test: Split, poison: Split, chosen: number): Promise<object> {
  const predictions = await classify(model, test);
  const onPoison = await classify(model, poison);
  const confusion = confusionMatrix(test.labels, predictions, model.classCount);
  const agreed = onPoison.filter((answer, i) => answer === poison.labels[i]).length;
  return {
    ...accuracyOf(confusion, chosen),
    // "The matching rate" on X' itself: how much of the poison the model takes for what its label says.
    onPoison: poison.count === 0 ? null : agreed / poison.count,
    isConstant: isConstant(predictions),
    predictions: predictionHistogram(predictions, model.classCount),
    confusion,
  };
}
