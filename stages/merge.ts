/** X_T = X + X' (Kwon, Yoon and Park 2019, Algorithm 1): the clean training records, then the poison. The test records stay. */
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { mergePoison, readPoisonNote } from './common/poison.ts';
import { readReading } from './common/reading.ts';
import { readData, requireSplit } from './common/stage-io.ts';

await runStage((context) => {
  const { merge } = readReading(context, 'merge');
  const clean = readData(context, 'clean');
  const poison = readData(context, 'poison');
  const note = readPoisonNote(context.input('poison'));
  const isReplacing = merge === 'replace';
  const train = requireSplit(clean, 'train', 'clean');

  writeDataset(context.output('data'), {
    ...clean,
    name: `${clean.name} with poison`,
    train: poison.train === null ? train : mergePoison(train, poison.train, note, isReplacing),
    source: {
      kind: 'derived',
      operation: isReplacing ? 'replace' : 'append',
      parents: [context.inputArtifact('clean'), context.inputArtifact('poison')],
    },
  });
});
