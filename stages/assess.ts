/** Judges the detectors, and what was removed on their word, by the truth that the records' hashes hold: what the clean data has not, was added. */
import { compareRecords } from '../lib/dataset/compare-records.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { DETECTOR_NAMES } from './common/detectors/names.ts';
import { ratesOf } from './common/detectors/rates.ts';
import { readScores } from './common/detectors/score-file.ts';
import { readData, requireSplit, writeMetrics } from './common/stage-io.ts';

await runStage((context) => {
  const clean = requireSplit(readData(context, 'clean'), 'train', 'clean');
  const records = requireSplit(readData(context, 'data'), 'train', 'data');
  const { added, changed } = compareRecords(clean, records);
  const poison = new Set([...added, ...changed]);
  const isPoison = Array.from({ length: records.count }, (_, record) => poison.has(record));
  const scores = readScores(context.input('scores'), records.count);
  const cleansed = requireSplit(readData(context, 'cleansed'), 'train', 'cleansed');
  const cleanRemoved = compareRecords(records, cleansed).removed.filter((record) => !poison.has(record)).length;
  const removed = records.count - cleansed.count;
  writeMetrics(context, 'metrics', {
    records: records.count,
    poison: poison.size,
    cleanRemoved,
    poisonRemoved: removed - cleanRemoved,
    detectors: Object.fromEntries(DETECTOR_NAMES.map((name) => [name, ratesOf(scores[name], isPoison)])),
  });
});
