/** The gradient attack on a support vector machine (Biggio, Nelson and Laskov 2012): a few training points, moved so as to raise its error. */
import { writeFileSync } from 'node:fs';
import { makeSplit } from '../lib/dataset/split.ts';
import { reportProgress } from '../lib/stage-api/report.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { attackDraw, meanOf, type DrawResult } from './common/baselines/svm/attack-draw.ts';
import { drawTwoClasses, storedPixels, testExamples } from './common/baselines/svm/two-classes.ts';
import { invalidParameter } from './common/parameters/invalid.ts';
import { readParameters } from './common/parameters/read.ts';
import { SVM } from './common/parameters/svm.ts';
import { SEED } from './common/parameters/values.ts';
import { drawSamples } from './common/sample-picture.ts';
import { readData, requireSplit, writeMetrics } from './common/stage-io.ts';

await runStage((context) => {
  const { svm, seed } = readParameters(context, { svm: SVM, seed: SEED });
  const data = readData(context, 'data');
  const train = requireSplit(data, 'train', 'data');
  const test = testExamples(requireSplit(data, 'test', 'data'), svm.classes);
  if (test.points.length === 0) throw invalidParameter('svm.classes', svm.classes, 'classes that have test records');

  const total = svm.draws * svm.points;
  const results: DrawResult[] = Array.from({ length: svm.draws }, (_, draw) => {
    const examples = drawTwoClasses(train, svm, seed, draw);
    let done = draw * svm.points;
    return attackDraw(examples, test, svm, () => reportProgress({ done: ++done, total, unit: 'attack points' }));
  });

  const [attackedClass] = svm.classes;
  const pictures = (read: (result: DrawResult) => DrawResult['startPoints']) => {
    const points = results.flatMap(read);
    return makeSplit(data.shape, storedPixels(points), new Uint8Array(points.length).fill(attackedClass));
  };
  writeFileSync(
    context.output('samples'),
    drawSamples(
      pictures(({ startPoints }) => startPoints),
      pictures(({ attackPoints }) => attackPoints),
    ),
  );
  const byCount = (read: (result: DrawResult) => DrawResult['attacked']) =>
    Array.from({ length: svm.points }, (_, i) => meanOf(results.map((result) => read(result)[i]!)));
  writeMetrics(context, 'metrics', {
    kernel: svm.kernel,
    classes: svm.classes.map((label) => data.classes[label]),
    training: svm.training,
    testRecords: test.points.length,
    draws: svm.draws,
    clean: meanOf(results.map(({ clean }) => clean)),
    attacked: byCount(({ attacked }) => attacked),
    flipped: byCount(({ flipped }) => flipped),
    errorsByDraw: results.map(({ clean, attacked, flipped }) => ({
      clean: clean.error,
      attacked: attacked.map(({ error }) => error),
      flipped: flipped.map(({ error }) => error),
    })),
  });
});
