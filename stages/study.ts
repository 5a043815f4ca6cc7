/** Gathers a sweep: which reading of the paper gives the paper's numbers? */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { ATTACK } from './common/parameters/attack.ts';
import { PAPER } from './common/parameters/paper.ts';
import { readParameters } from './common/parameters/read.ts';
import { writeMetrics } from './common/stage-io.ts';
import { distanceTo, groupCells, readCells } from './common/study/cells.ts';
import { judge } from './common/study/claims.ts';
import { drawGrowth, drawTrajectories } from './common/study/plots.ts';
import { writeTables } from './common/study/tables.ts';

await runStage(async (context) => {
  const parameters = readParameters(context, {
    'attack.chosen': ATTACK.shape.chosen,
    'attack.count': ATTACK.shape.count,
    paper: PAPER,
    readings: z.record(z.string(), z.object({ training: z.string() })),
  });
  const { paper, readings, 'attack.chosen': chosen, 'attack.count': poisons } = parameters;
  const target = paper && {
    before: paper.before / 100,
    total: paper.total / 100,
    recall: paper.chosen / 100,
    others: paper.others / 100,
    distortion: paper.distortion,
  };
  const cells = readCells(context.members('evaluations'));
  const groups = groupCells(cells);
  const trainedAnew = new Set(Object.keys(readings).filter((variant) => readings[variant]?.training === 'scratch'));
  const claims = target === null ? [] : judge(groups, { target, chosen, poisons, trainedAnew });
  writeFileSync(context.output('tables.md'), writeTables(groups, claims, target, chosen, poisons));
  writeFileSync(context.output('growth.svg'), await drawGrowth(groups, target, chosen, poisons));
  writeFileSync(context.output('trajectories.svg'), await drawTrajectories(cells, target, chosen, poisons));
  writeMetrics(context, 'metrics', {
    cells: cells.map(({ variant, chosen: label, poisons: count, seed, after }) => ({
      variant,
      chosen: label,
      poisons: count,
      seed,
      total: after.total,
      recall: after.chosen,
      others: after.others,
    })),
    groups: groups.map((group) => ({ ...group, pointsFromPaper: target === null ? null : distanceTo(target, group) })),
    claims,
  });
});
