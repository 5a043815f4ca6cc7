/**
 * Fetch: the dataset of the experiment, drawn from a seed (glyphs) or read from its published files, each proved by its digest.
 *
 * params   dataset, fetch { train, test, batches }, seed
 * unkeyed  mirror: where to read published files; what they are is fixed by their digests, so it changes no result
 * outputs  data: a dataset
 */
import type { Dataset } from '../lib/dataset/dataset.ts';
import { writeDataset } from '../lib/dataset/dataset-folder.ts';
import { reportMessage, reportProgress } from '../lib/stage-api/report.ts';
import type { StageContext } from '../lib/stage-api/context.ts';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { CATALOGUE, CIFAR_BATCHES, type PublishedName } from './common/fetch/catalogue.ts';
import { limitSplit } from './common/fetch/limit.ts';
import { readMirror } from './common/fetch/mirror.ts';
import { downloadContents } from './common/fetch/network.ts';
import { availableCounts, readFetchParameters, type FetchParameters } from './common/fetch/parameters.ts';
import { readPublished, wantedContents } from './common/fetch/published.ts';
import { GLYPHS_CLASSES, GLYPHS_GENERATOR, GLYPHS_SHAPE, makeGlyphs } from './common/glyphs/glyphs.ts';

await runStage(async (context) => {
  const parameters = readFetchParameters(context);
  const { dataset: name } = parameters;
  const dataset = name === 'glyphs' ? drawGlyphs(parameters) : await fetchPublished(name, parameters, context);
  writeDataset(context.output('data'), dataset);
});

function drawGlyphs({ seed, limits, batches }: FetchParameters): Dataset {
  const counts = availableCounts('glyphs', batches);
  const train = limits.train ?? counts.train;
  const test = limits.test ?? counts.test;
  const total = train + test;
  const report = (done: number): void => reportProgress({ done, total, unit: 'images' });
  return {
    name: 'glyphs',
    classes: GLYPHS_CLASSES,
    shape: GLYPHS_SHAPE,
    train: makeGlyphs(seed, 'train', train, report),
    test: makeGlyphs(seed, 'test', test, (done) => report(train + done)),
    source: { kind: 'generated', generator: GLYPHS_GENERATOR, seed },
  };
}

async function fetchPublished(
  name: PublishedName,
  { seed, limits, batches, mirror }: FetchParameters,
  context: StageContext,
): Promise<Dataset> {
  const wanted = wantedContents(name, batches);
  const contents =
    mirror === null
      ? await downloadContents(CATALOGUE[name], wanted, context.checkpointFolder)
      : await readMirror(mirror, CATALOGUE[name], wanted);
  const whole = readPublished(name, batches, contents);
  if (name === 'cifar10' && batches.length < CIFAR_BATCHES.length) {
    reportMessage(`cifar10: only training batches ${batches.join(', ')} of ${CIFAR_BATCHES.length}, as asked`);
  }
  return {
    ...whole,
    train: limitSplit(whole.train, limits.train, seed, 'train'),
    test: limitSplit(whole.test, limits.test, seed, 'test'),
  };
}
