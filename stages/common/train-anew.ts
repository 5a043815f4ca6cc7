/** Trains a model from fresh weights on a dataset and writes it with its numbers: M on the clean data, or again on other data. */
import type { StageContext } from '../../lib/stage-api/context.ts';
import { reportMessage, reportProgress } from '../../lib/stage-api/report.ts';
import { classify } from './classify.ts';
import { accuracyOf, confusionMatrix, isConstant, predictionHistogram } from './metrics.ts';
import { writeModel } from './model-file.ts';
import { countParameters, initialiseModel } from './models.ts';
import type { TrainParameters } from './parameters/train.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './stage-io.ts';
import { testAccuracy } from './test-accuracy.ts';
import { train } from './training.ts';

/** Reads input `data`; writes the outputs `model` and `metrics`. A training that diverges is reported, not thrown. */
export async function trainAnew(context: StageContext, options: TrainParameters, seed: number): Promise<void> {
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
}
