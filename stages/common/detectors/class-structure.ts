/** Detectors that look for two kinds of records under one label, in the features of a model trained on them. */
import { along, centred, leadingDirections } from './directions.ts';
import type { Inspection } from './inspect.ts';
import type { Scores } from './names.ts';

const CLUSTER_DIRECTIONS = 10;
const CLUSTER_ROUNDS = 100;

/** Spectral signatures (Tran, Li and Madry 2018): the squared reach along the first direction of the label's own cloud, centred. */
export function spectralSignatures(labels: Uint8Array, inspection: Inspection): Scores {
  return labelByLabel(labels, inspection, (rows, width) => {
    const [first] = leadingDirections(rows, width, 1);
    return first === undefined
      ? new Float64Array(rows.length / width)
      : along(rows, width, first).map((reach) => reach ** 2);
  });
}

/**
 * Activation clustering (Chen et al. 2018): two clusters under each label, among its leading directions. A record is suspicious by how
 * much nearer it lies to the smaller cluster, from -1 to 1, times how clearly the label falls in two (0 to 1).
 */
export function activationClusters(labels: Uint8Array, inspection: Inspection): Scores {
  return labelByLabel(labels, inspection, (rows, width) => {
    const directions = leadingDirections(rows, width, CLUSTER_DIRECTIONS);
    const count = rows.length / width;
    if (directions.length === 0) return new Float64Array(count);
    const reaches = directions.map((direction) => along(rows, width, direction));
    const points = Array.from({ length: count }, (_, row) => reaches.map((reach) => reach[row] as number));
    const [small, large] = twoClusters(points);
    if (small === undefined || large === undefined) return new Float64Array(count);
    const margins = points.map((point) => {
      const [near, far] = [distance(point, small), distance(point, large)];
      return near + far === 0 ? 0 : (far - near) / (near + far);
    });
    const clarity = margins.reduce((sum, margin) => sum + Math.abs(margin), 0) / count;
    return Float64Array.from(margins, (margin) => margin * clarity);
  });
}

function labelByLabel(
  labels: Uint8Array,
  { features, width }: Inspection,
  score: (rows: Float64Array, width: number) => Float64Array,
): Scores {
  const scores = new Float64Array(labels.length);
  for (const label of new Set(labels)) {
    const members = Array.from(labels.keys()).filter((record) => labels[record] === label);
    const found = score(centred(features, width, members), width);
    members.forEach((record, i) => (scores[record] = finite(found[i] as number)));
  }
  return scores;
}

/** The means of two clusters (Lloyd), the smaller first, from the two sides of the first direction; undefined when there is but one. */
function twoClusters(points: readonly number[][]): [small?: number[], large?: number[]] {
  let inFirst = points.map((point) => (point[0] as number) < 0);
  let means: [number[], number[]] | undefined;
  for (let round = 0; round < CLUSTER_ROUNDS; round++) {
    const [first, second] = [points.filter((_, i) => inFirst[i]), points.filter((_, i) => !inFirst[i])];
    if (first.length === 0 || second.length === 0) return [];
    const now: [number[], number[]] = [meanOf(first), meanOf(second)];
    means = now;
    const next = points.map((point) => distance(point, now[0]) < distance(point, now[1]));
    if (next.every((side, i) => side === inFirst[i])) break;
    inFirst = next;
  }
  const isFirstSmaller = 2 * inFirst.filter(Boolean).length <= points.length;
  return isFirstSmaller ? means! : [means![1], means![0]];
}

function meanOf(points: readonly number[][]): number[] {
  return (points[0] as number[]).map(
    (_, axis) => points.reduce((sum, point) => sum + (point[axis] as number), 0) / points.length,
  );
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - (b[i] as number)));
}

function finite(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
