/** Scores every training record by how suspicious it is, without knowing what was added: six detectors, none told the share of poison. */
import { reportProgress } from '../lib/stage-api/report.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { detect } from './common/detectors/detect.ts';
import { writeScores } from './common/detectors/score-file.ts';
import { readModel } from './common/model-file.ts';
import { readData, requireSplit, startTensors } from './common/stage-io.ts';

await runStage(async (context) => {
  const records = requireSplit(readData(context, 'data'), 'train', 'data');
  await startTensors(context);
  const scores = await detect(
    records,
    readModel(context.input('suspect')),
    readModel(context.input('reference')),
    (done, total, label) => reportProgress({ done, total, unit: 'detectors', label }),
  );
  writeScores(context.output('scores'), records.count, scores);
});
