import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeClaims } from '../../../stages/common/baselines/claims.ts';
import { readMeasured, TRAINING, type Baselines } from '../../../stages/common/baselines/measured.ts';
import { formatClaims } from '../../../stages/common/baselines/table.ts';

const harm = (first: number, last: number) => ({
  first: { loss: first, accuracy: 0.9 },
  last: { loss: last, accuracy: 0.8 },
});
const onSvm = (error: number) => ({ loss: error, error });

const MEASURED: Baselines = {
  unflipped: { accuracy: 0.97, diverged: false },
  flipped: [
    { fraction: 0.1, training: { accuracy: 0.96, diverged: false } },
    { fraction: 0.5, training: { accuracy: 0.8, diverged: false } },
  ],
  svms: [
    {
      ...{ kernel: 'linear', classes: ['7', '1'], training: 100, testRecords: 100, draws: 3, clean: onSvm(0.04) },
      attacked: [onSvm(0.16), onSvm(0.2)],
      flipped: [onSvm(0.04), onSvm(0.05)],
    },
    {
      ...{ kernel: 'rbf', classes: ['7', '1'], training: 100, testRecords: 100, draws: 3, clean: onSvm(0.05) },
      attacked: [onSvm(0.06), onSvm(0.05)],
      flipped: [onSvm(0.06), onSvm(0.06)],
    },
  ],
  generation: {
    ...{ count: 64, steps: 5, before: { loss: 0.1, accuracy: 0.97 } },
    after: {
      'true-label': harm(0.1, 0.1),
      'wrong-label': harm(0.5, 1),
      direct: harm(0.7, 2),
      generated: harm(0.4, 0.9),
    },
    gradientsPerRecord: { direct: 160, generated: 0, generatorTraining: 160 },
  },
  evasions: [
    {
      ...{ aim: 'untargeted', images: 50 },
      carliniWagner: { success: 1, distortion: { unit: 1.5 } },
      signStep: { success: 1, distortion: { unit: 2.9 } },
    },
  ],
};

test('each claim is held against what was measured, and may fail', () => {
  expect(judgeClaims(MEASURED).map(({ holds }) => holds)).toEqual([
    true, // accuracy falls
    true, // one point on the linear machine
    true, // further points
    false, // the RBF machine: no more than the label alone
    false, // and the second point less than the first
    true, // the direct gradient
    false, // the generator: less than the wrong label alone
    false, // no less accuracy lost than by the direct gradient
    null, // time is not measured
    true, // evasion
  ]);
  const weaker = {
    ...MEASURED,
    flipped: [...MEASURED.flipped].reverse(),
    evasions: MEASURED.evasions.map((each) => ({ ...each, carliniWagner: { ...each.carliniWagner, success: 0.9 } })),
  };
  const holds = judgeClaims(weaker).map((claim) => claim.holds);
  expect([holds[0], holds.at(-1)]).toEqual([false, false]);
});

test('the table says what each paper claims, whether it holds and what was measured, at most 100 columns wide', () => {
  const table = formatClaims('glyphs', judgeClaims(MEASURED));
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(table).toMatchInlineSnapshot(`
    "The attacks that the paper builds on, on glyphs. Accuracies and errors in percent of the test data.

    label flips at random
      the more training labels are wrong, the lower the accuracy as a whole
        yes: 97.0 at 0 %, 96.0 at 10 %, 80.0 at 50 %

    Biggio et al. 2012
      one attack point raises the error, as its label alone does not (MNIST: from 2-5 % to 15-20 %)
        yes: linear: 4.0 -> 16.0; its label alone 4.0 -> 4.0
      further points raise it further
        yes: linear: 16.0, 20.0
      so does one with an RBF kernel
        no: rbf: 5.0 -> 6.0; its label alone 5.0 -> 6.0
      further points raise it further
        no: rbf: 6.0, 5.0

    Yang et al. 2017
      a step on poison by the direct gradient raises the loss on normal data, more than on wrong labels
          alone
        yes: loss 0.10; direct 0.70 after 1 step, 2.00 after 5 (accuracy 80.0); wrong label 0.50 after 1
            step, 1.00 after 5 (accuracy 80.0)
      so does one on poison of a generator
        no: generated 0.40 after 1 step, 0.90 after 5 (accuracy 80.0)
      it costs less accuracy than the direct gradient (the paper: slightly less)
        no: accuracy 80.0 against 80.0
      and is made up to 239 times faster
        open: not timed; gradients of M: direct 160 for each record; the generator 160 for each record
            of its batches, then none for any record

    Carlini and Wagner 2017
      untargeted: every image is moved to success; here: less far on L2 than by the gradient's sign
        yes: 100.0 % of 50, L2 1.50; by sign 100.0 %, L2 2.90
    "
  `);
});

test('baseline-corrupt: metrics that another stage wrote', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-claims-'));
  const path = join(folder, 'metrics.json');
  writeFileSync(path, '{ "accuracy": "high", "diverged": false }');
  try {
    readMeasured(path, TRAINING, 'train-flipped');
    expect.unreachable();
  } catch (error) {
    expect(`${(error as Error).message}\n${(error as { hint: string }).hint}`.replace(folder, ''))
      .toMatchInlineSnapshot(`
      "/metrics.json at "accuracy": Invalid input: expected number, received string
      give the input the metrics of the stage train-flipped"
    `);
  }
  rmSync(folder, { recursive: true });
});
