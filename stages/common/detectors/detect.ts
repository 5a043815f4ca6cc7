/** Every detector's scores for one set of records. None is told how much poison there is, or whether there is any. */
import type { Split } from '../../../lib/dataset/split.ts';
import type { Model } from '../models.ts';
import { allRecords, toArray } from '../pixels.ts';
import { activationClusters, spectralSignatures } from './class-structure.ts';
import { inspect } from './inspect.ts';
import { nearDuplicates, otherLabels } from './label-votes.ts';
import { DETECTOR_NAMES, type DetectorName, type Scores } from './names.ts';
import { nearestNeighbours } from './neighbours.ts';

const PIXEL_NEIGHBOURS = 10;
// Peri et al. (2020) take about as many as a class has records; 50 keeps a class of a few hundred in the majority of its own.
const FEATURE_NEIGHBOURS = 50;

/** `suspect`: trained on these records. `reference`: trained on data that is trusted. */
export async function detect(
  records: Split,
  suspect: Model,
  reference: Model,
  progress: (done: number, total: number, label: string) => void,
): Promise<Record<DetectorName, Scores>> {
  const total = DETECTOR_NAMES.length;
  const { labels, count } = records;
  progress(0, total, 'features');
  const seen = await inspect(suspect, records);
  const { losses } = await inspect(reference, records);
  progress(2, total, 'nearest images');
  const among = await nearestNeighbours(toArray(records, allRecords(records)).data, count, PIXEL_NEIGHBOURS);
  progress(3, total, 'nearest features');
  const deep = await nearestNeighbours(seen.features, count, FEATURE_NEIGHBOURS);
  progress(4, total, 'structure of the classes');
  return {
    'near-duplicate': nearDuplicates(labels, among),
    reference: losses,
    'activation-clusters': activationClusters(labels, seen),
    spectral: spectralSignatures(labels, seen),
    'deep-knn': otherLabels(labels, deep),
    loss: seen.losses,
  };
}
