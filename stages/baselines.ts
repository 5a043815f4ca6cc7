/** Holds the attacks that the paper builds on against what their own papers say of them. */
import { writeFileSync } from 'node:fs';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { judgeClaims } from './common/baselines/claims.ts';
import { EVASION, GENERATION, readMeasured, SVM_ATTACK, TRAINING } from './common/baselines/measured.ts';
import { formatClaims } from './common/baselines/table.ts';
import { readData, writeMetrics } from './common/stage-io.ts';

await runStage((context) => {
  const flipped = context.members('flipped').map(({ path, coordinates }) => {
    return { fraction: Number(coordinates['flips.fraction']), training: readMeasured(path, TRAINING, 'train-flipped') };
  });
  const claims = judgeClaims({
    unflipped: readMeasured(context.input('unflipped'), TRAINING, 'pretrain'),
    flipped: flipped.sort((a, b) => a.fraction - b.fraction),
    svms: context.members('svm').map(({ path }) => readMeasured(path, SVM_ATTACK, 'poison-svm')),
    generation: readMeasured(context.input('generator'), GENERATION, 'poison-generator'),
    evasions: context.members('evasions').map(({ path }) => readMeasured(path, EVASION, 'evade')),
  });
  writeFileSync(context.output('table.txt'), formatClaims(readData(context, 'data').name, claims));
  writeMetrics(context, 'metrics', { claims });
});
