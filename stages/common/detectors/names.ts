/** The detectors by name, in the order of every table. */
export const DETECTOR_NAMES = [
  'near-duplicate',
  'reference',
  'activation-clusters',
  'spectral',
  'deep-knn',
  'loss',
] as const;
export type DetectorName = (typeof DETECTOR_NAMES)[number];

/** One number a record, higher for what is more suspicious; only their order counts. Never NaN. */
export type Scores = Float64Array;
