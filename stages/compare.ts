/** Puts the variants side by side: Table 4 of the paper, once for each way to read it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { StageError } from '../lib/stage-api/stage-error.ts';
import { type Comparison, formatComparison } from './common/comparison.ts';
import { EVALUATION, readEvaluation } from './common/evaluation.ts';
import { PAPER } from './common/parameters/paper.ts';
import { readParameters } from './common/parameters/read.ts';
import { writeMetrics } from './common/stage-io.ts';

await runStage((context) => {
  const { paper } = readParameters(context, { paper: PAPER });
  const merged = new Map(context.members('merged').map((member) => [member.label, member.artifact]));
  const rows: Comparison[] = context.members('evaluations').map((member) => {
    const artifact = merged.get(member.label);
    if (artifact === undefined) {
      throw new StageError('members-differ', `no merged dataset belongs to the evaluation of ${member.label}.`, {
        hint: 'let `evaluations` and `merged` read all instances of stages with the same matrix',
      });
    }
    return {
      ...readEvaluation(EVALUATION, JSON.parse(readFileSync(member.path, 'utf8')), member.path),
      merged: artifact,
    };
  });
  writeFileSync(context.output('table.txt'), formatComparison(rows, paper));
  writeMetrics(context, 'metrics', Object.fromEntries(rows.map((row) => [row.variant, row])));
});
