/** Makes the poison X' of perturbed images: the first N' of them, with the pixels and the labels that the variant gives them. */
import { writeFileSync } from 'node:fs';
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { makeSplit, selectRecords, type Split } from '../lib/dataset/split.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { classify } from './common/classify.ts';
import { distortionOf, predictionHistogram } from './common/metrics.ts';
import { readModel } from './common/model-file.ts';
import { ATTACK } from './common/parameters/attack.ts';
import { readParameters } from './common/parameters/read.ts';
import { SEED } from './common/parameters/values.ts';
import { labelPoison, noiseOfEqualLength, readPoisonNote, writePoisonNote } from './common/poison.ts';
import { readReading, type Reading } from './common/reading.ts';
import { drawSamples } from './common/sample-picture.ts';
import { takeFromPool } from './common/sources.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';

await runStage(async (context) => {
  const reading = readReading(context, 'pixels', 'label');
  const parameters = readParameters(context, {
    'attack.count': ATTACK.shape.count,
    'attack.replacement': ATTACK.shape.replacement,
    seed: SEED,
  });
  const { seed, 'attack.count': count, 'attack.replacement': replacement } = parameters;
  const data = readData(context, 'data');
  const train = requireSplit(data, 'train', 'data');
  const pool = readData(context, 'pool');
  const model = readModel(context.input('model'));
  const note = readPoisonNote(context.input('pool'));
  const taken = takeFromPool(note.sources.length, { count, replacement });
  const sources = taken.map((i) => note.sources[i] as number);
  const originals = selectRecords(train, sources);
  const moved = pool.train === null ? originals : selectRecords(pool.train, taken);
  await startTensors(context);

  const recognise = (images: Uint8Array): Promise<Uint8Array> =>
    classify(model, makeSplit(data.shape, images, originals.labels));
  const classCount = data.classes.length;
  // K1 and K2 carry the labels of V2: what M takes the optimised images for, whatever pixels are stored under them.
  const seen = await recognise(moved.images);
  const labels = labelPoison(reading.label, note.chosen, classCount, originals.labels, seen, seed);
  const poison = makeSplit(data.shape, storedPixels(reading.pixels, originals, moved.images, seed), labels);

  writeDataset(context.output('data'), {
    name: `${data.name} poison`,
    classes: data.classes,
    shape: data.shape,
    train: poison,
    test: null,
    source: {
      kind: 'derived',
      operation: `poison ${reading.pixels} ${reading.label}`,
      parents: [context.inputArtifact('data'), context.inputArtifact('pool'), context.inputArtifact('model')],
    },
  });
  writePoisonNote(context.output('data'), { ...note, sources, originalLabels: [...originals.labels] });
  writeFileSync(context.output('samples'), drawSamples(originals, poison));
  const recognised = await recognise(poison.images);
  writeMetrics(context, 'metrics', {
    count: poison.count,
    distortion: distortionOf(originals, poison),
    recognisedAsChosen: recognised.filter((answer) => answer === note.chosen).length,
    labels: predictionHistogram(poison.labels, classCount),
    recognised: predictionHistogram(recognised, classCount),
  });
});

function storedPixels(pixels: Reading['pixels'], originals: Split, moved: Uint8Array, seed: number): Uint8Array {
  switch (pixels) {
    case 'optimised':
      return moved;
    case 'original':
      return originals.images;
    case 'noise':
      return noiseOfEqualLength(originals, moved, seed);
    default:
      return pixels satisfies never;
  }
}
