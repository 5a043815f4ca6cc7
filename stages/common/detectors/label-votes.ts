/** Detectors that ask a record's neighbours: among the pixels, and among the features of a model. */
import type { Scores } from './names.ts';
import type { Neighbours } from './neighbours.ts';

/** Of each record's neighbours the share that carries another label, 0 to 1. Deep k-NN (Peri et al. 2020) when they are those of features. */
export function otherLabels(labels: Uint8Array, { k, indexes }: Neighbours): Scores {
  return Float64Array.from(labels, (label, record) => {
    const own = indexes.subarray(record * k, (record + 1) * k);
    return own.filter((index) => labels[index] !== label).length / Math.max(k, 1);
  });
}

/**
 * A near duplicate under another label. Of two such records the one is suspicious whose other neighbours disagree with its label too:
 * share of other labels among the neighbours x m / (m + d), d the distance to the nearest with another label, m the median
 * distance of any record to its nearest.
 */
export function nearDuplicates(labels: Uint8Array, neighbours: Neighbours): Scores {
  const { k, indexes, distances } = neighbours;
  if (k === 0) return new Float64Array(labels.length);
  const nearest = Float64Array.from(labels, (_, record) => distances[record * k] as number).sort();
  const typical = nearest[nearest.length >> 1] as number;
  const shares = otherLabels(labels, neighbours);
  return shares.map((share, record) => {
    for (let i = record * k; i < (record + 1) * k; i++) {
      if (labels[indexes[i] as number] === labels[record]) continue;
      const distance = distances[i] as number;
      return distance === 0 ? share : (share * typical) / (typical + distance);
    }
    return 0;
  });
}
