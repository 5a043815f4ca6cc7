/** Puts the variants side by side: what the detectors saw of each, and what training without the suspects gave back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { StageError } from '../lib/stage-api/stage-error.ts';
import { formatDefence, nameRows, readDefence, type Defence } from './common/defence.ts';
import { writeMetrics } from './common/stage-io.ts';

await runStage((context) => {
  const recoveries = new Map(context.members('recoveries').map((member) => [member.label, member.path]));
  const rows: Defence[] = context.members('assessments').map(({ label, coordinates, path }) => {
    const recovery = recoveries.get(label);
    if (recovery === undefined) {
      throw new StageError('members-differ', `no recovery belongs to the assessment of ${label}.`, {
        hint: 'let `assessments` and `recoveries` read all instances of stages with the same matrix',
      });
    }
    return { ...readDefence(readJson(path), readJson(recovery), path), coordinates };
  });
  const names = nameRows(rows);
  writeFileSync(context.output('table.txt'), formatDefence(rows, names));
  writeMetrics(
    context,
    'metrics',
    Object.fromEntries(
      rows.map(({ assessment, recovery }, row) => [
        names[row],
        {
          ...assessment,
          chosen: { before: recovery.before.chosen, after: recovery.after.chosen },
          others: { before: recovery.before.others, after: recovery.after.others },
        },
      ]),
    ),
  );
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
