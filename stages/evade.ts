/** Evasion (Carlini and Wagner 2017): test images moved as little as makes M err, M left as it is; the fast gradient sign method beside it. */
import { writeFileSync } from 'node:fs';
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { makeSplit, selectRecords, type Split } from '../lib/dataset/split.ts';
import { reportProgress } from '../lib/stage-api/report.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { chooseAims, isReached, type Aims } from './common/baselines/aims.ts';
import { moveNearest } from './common/baselines/carlini-wagner.ts';
import { moveBySign } from './common/baselines/sign-step.ts';
import { classify } from './common/classify.ts';
import { distortionOf } from './common/metrics.ts';
import { readModel } from './common/model-file.ts';
import { EVADE } from './common/parameters/evade.ts';
import { invalidParameter } from './common/parameters/invalid.ts';
import { readParameters } from './common/parameters/read.ts';
import { SEED } from './common/parameters/values.ts';
import { stream } from './common/rng.ts';
import { drawSamples } from './common/sample-picture.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';

await runStage(async (context) => {
  const { evade, seed } = readParameters(context, { evade: EVADE, seed: SEED });
  const data = readData(context, 'data');
  const test = requireSplit(data, 'test', 'data');
  const model = readModel(context.input('model'));
  await startTensors(context);

  const answers = await classify(model, test);
  const recognised = [...answers.keys()].filter((i) => answers[i] === test.labels[i]);
  if (recognised.length < evade.count) {
    throw invalidParameter('evade.count', evade.count, `1 to ${recognised.length}, the test images that M recognises`);
  }
  const drawn = stream(seed, 'evade').sample(recognised.length, evade.count);
  const originals = selectRecords(
    test,
    Array.from(drawn, (i) => recognised[i]!),
  );
  const aims = chooseAims(originals.labels, data.classes.length, evade.aim === 'targeted', seed);
  const moved = await moveNearest(model, originals, aims, evade, context.checkpointFolder, (done, total) =>
    reportProgress({ done, total, unit: 'images' }),
  );
  const bySign = await moveBySign(model, originals, aims);

  const stored = makeSplit(data.shape, moved.images, originals.labels);
  writeDataset(context.output('data'), {
    ...data,
    name: `${data.name}, ${evade.count} test images moved, ${evade.aim}`,
    train: null,
    test: stored,
    source: {
      kind: 'derived',
      operation: `evade ${evade.aim}`,
      parents: [context.inputArtifact('data'), context.inputArtifact('model')],
    },
  });
  writeFileSync(context.output('samples'), drawSamples(originals, stored));
  const storedAnswers = await classify(model, stored);
  writeMetrics(context, 'metrics', {
    aim: evade.aim,
    images: originals.count,
    accuracy: { test: recognised.length / test.count, moved: shareOf(isReached(unmoved(originals), storedAnswers)) },
    carliniWagner: {
      reachedBeforeRounding: shareOf(moved.reached),
      ...successOf(originals, stored, isReached(aims, storedAnswers)),
    },
    signStep: {
      ...successOf(originals, makeSplit(data.shape, bySign.images, originals.labels), bySign.reached),
      meanStep: mean(bySign.steps.filter((_, i) => bySign.reached[i])),
    },
  });
});

/** The answers that images which nobody moved should get. */
function unmoved({ labels }: Split): Aims {
  return { isTargeted: true, classes: labels };
}

/** How many images reached their aim as stored, and how far these, and no others, were moved. */
function successOf(originals: Split, moved: Split, reached: readonly boolean[]): object {
  const there = [...reached.keys()].filter((i) => reached[i]);
  const distortion = distortionOf(selectRecords(originals, there), selectRecords(moved, there));
  return { success: shareOf(reached), distortion };
}

function shareOf(reached: readonly boolean[]): number {
  return reached.filter(Boolean).length / reached.length;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
