/** Makes the poison X' against M (Kwon, Yoon and Park 2019, Algorithm 1 and section 4.3), as the variant reads the paper. */
import { writeFileSync } from 'node:fs';
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { makeSplit, selectRecords, type Split } from '../lib/dataset/split.ts';
import type { StageContext } from '../lib/stage-api/context.ts';
import { reportProgress } from '../lib/stage-api/report.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { generatePoison } from './common/attack.ts';
import { classify } from './common/classify.ts';
import { distortionOf, predictionHistogram } from './common/metrics.ts';
import { type NamedModel, readModel } from './common/model-file.ts';
import { ATTACK, type AttackParameters } from './common/parameters/attack.ts';
import { readParameters } from './common/parameters/read.ts';
import { SEED } from './common/parameters/values.ts';
import { labelPoison, noiseOfEqualLength, writePoisonNote } from './common/poison.ts';
import { drawSamples } from './common/sample-picture.ts';
import { chooseSources } from './common/sources.ts';
import { readData, requireSplit, startTensors, writeMetrics } from './common/stage-io.ts';
import { findVariant, type Variant } from './common/variants.ts';

await runStage(async (context) => {
  const { attack, seed } = readParameters(context, { attack: ATTACK, seed: SEED });
  const variant = findVariant(attack.variant);
  const data = readData(context, 'data');
  const train = requireSplit(data, 'train', 'data');
  const model = readModel(context.input('model'));
  const sources = chooseSources(train, data.classes, variant, attack, seed);
  const originals = selectRecords(train, sources);
  await startTensors(context);

  const optimised = await optimise(context, model, originals, variant, attack);
  const recognise = (images: Uint8Array): Promise<Uint8Array> =>
    classify(model, makeSplit(data.shape, images, originals.labels));
  const labels = labelPoison(
    variant,
    attack.chosen,
    data.classes.length,
    originals.labels,
    await recognise(optimised.images),
    seed,
  );
  const poison = makeSplit(data.shape, storedPixels(variant, originals, optimised.images, seed), labels);

  const parents = [context.inputArtifact('data'), context.inputArtifact('model')];
  writeDataset(context.output('data'), {
    name: `${data.name} poison ${variant.id}`,
    classes: data.classes,
    shape: data.shape,
    train: poison,
    test: null,
    source: { kind: 'derived', operation: `poison ${variant.id}`, parents },
  });
  writePoisonNote(context.output('data'), {
    format: 'assay-poison/v1',
    variant: variant.id,
    chosen: attack.chosen,
    sources: [...sources],
    originalLabels: [...originals.labels],
  });
  writeFileSync(context.output('samples'), drawSamples(originals, poison));
  const recognised = await recognise(poison.images);
  writeMetrics(context, 'metrics', {
    variant: variant.id,
    count: poison.count,
    iterations: variant.objective === 'none' ? 0 : attack.iterations,
    reached: optimised.reached.filter(Boolean).length,
    distortion: distortionOf(originals, poison),
    recognisedAsChosen: recognised.filter((answer) => answer === attack.chosen).length,
    labels: predictionHistogram(poison.labels, data.classes.length),
    recognised: predictionHistogram(recognised, data.classes.length),
  });
});

async function optimise(
  context: StageContext,
  model: NamedModel,
  originals: Split,
  { objective }: Variant,
  attack: AttackParameters,
): Promise<{ images: Uint8Array; reached: readonly boolean[] }> {
  if (objective === 'none') return { images: originals.images, reached: [] };
  return generatePoison(model, originals, { ...attack, objective }, context.checkpointFolder, reportProgress);
}

function storedPixels(variant: Variant, originals: Split, optimised: Uint8Array, seed: number): Uint8Array {
  switch (variant.pixels) {
    case 'optimised':
      return optimised;
    case 'original':
      return originals.images;
    case 'noise':
      return noiseOfEqualLength(originals, optimised, seed);
    default:
      return variant.pixels satisfies never;
  }
}
