/** The data without its most suspicious records: a fixed share of it, since no detector knows how much poison there is. */
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { countPerClass, selectRecords } from '../lib/dataset/split.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { readScores } from './common/detectors/score-file.ts';
import { suspectsBy } from './common/detectors/suspects.ts';
import { CLEANSE } from './common/parameters/cleanse.ts';
import { readParameters } from './common/parameters/read.ts';
import { readData, requireSplit, writeMetrics } from './common/stage-io.ts';

await runStage((context) => {
  const { cleanse } = readParameters(context, { cleanse: CLEANSE });
  const data = readData(context, 'data');
  const records = requireSplit(data, 'train', 'data');
  const suspects = new Set(
    suspectsBy(readScores(context.input('scores'), records.count), cleanse.detectors, cleanse.fraction),
  );
  const kept = Array.from({ length: records.count }, (_, record) => record).filter((record) => !suspects.has(record));
  const train = selectRecords(records, kept);
  writeDataset(context.output('data'), {
    ...data,
    name: `${data.name}, cleansed`,
    train,
    source: { kind: 'derived', operation: 'cleanse', parents: [context.inputArtifact('data')] },
  });

  writeMetrics(context, 'metrics', {
    records: records.count,
    removed: suspects.size,
    removedPerClass: countPerClass(selectRecords(records, [...suspects]).labels, data.classes.length),
  });
});
