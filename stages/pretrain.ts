/** Trains M on the clean data (Kwon, Yoon and Park 2019, section 4.2). */
import { runStage } from '../lib/stage-api/run-stage.ts';
import { reportMessage, reportProgress } from '../lib/stage-api/report.ts';
import { classify } from './common/classify.ts';
import { accuracyOf, confusionMatrix, isConstant, predictionHistogram } from './common/metrics.ts';
import { writeModel } from './common/model-file.ts';
import { countParameters, initialiseModel } from './common/models.ts';
import { readParameters } from './common/parameters/read.ts';
import { TRAIN } from './common/parameters/train.ts';
import { SEED } from './common/parameters/values.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';
import { testAccuracy } from './common/test-accuracy.ts';
import { train } from './common/training.ts';

await runStage(async (context) => {
  const { train: options, seed } = readParameters(context, { train: TRAIN, seed: SEED });
  const data = readData(context, 'data');
  const [trainSplit, testSplit] = [requireSplit(data, 'train', 'data'), requireSplit(data, 'test', 'data')];
  await startTensors(context);

  const shape = { architecture: options.architecture, input: data.shape, classCount: data.classes.length };
  const fresh = { ...initialiseModel(shape, seed), classes: data.classes };
  const trained = await train(fresh, trainSplit, seed, { ...options, steps: null }, context.checkpointFolder, {
    afterEpoch: async (model) => ({ testAccuracy: await testAccuracy(model, testSplit) }),
    progress: reportProgress,
  });

  const predictions = await classify(trained.model, testSplit);
  const accuracy = accuracyOf(confusionMatrix(testSplit.labels, predictions, shape.classCount), 0);
  const isCollapsed = isConstant(predictions);
  if (isCollapsed || trained.notANumberAtStep !== null) {
    reportMessage(
      `training diverged: ${trained.notANumberAtStep === null ? 'one answer for everything' : 'loss is no number'}`,
    );
  }
  writeModel(context.output('model'), trained.model);
  writeMetrics(context, 'metrics', {
    accuracy: accuracy.total,
    perClass: accuracy.perClass,
    diverged: isCollapsed || trained.notANumberAtStep !== null,
    notANumberAtStep: trained.notANumberAtStep,
    predictions: predictionHistogram(predictions, shape.classCount),
    parameters: countParameters(shape),
    steps: trained.steps,
    curve: trained.curve,
  });
});
