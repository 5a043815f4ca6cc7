/** The nearest other records of every record, by Euclidean distance: exact, by matrix products. */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../../lib/compute/start.ts';

const BATCH = 250;

export interface Neighbours {
  readonly k: number;
  /** uint32 [N, k], nearest first; equally near ones by index. */
  readonly indexes: Uint32Array;
  /** float64 [N, k]. */
  readonly distances: Float64Array;
}

/** `points`: float32 [count, width]. k is at most count - 1. */
export async function nearestNeighbours(points: Float32Array, count: number, wanted: number): Promise<Neighbours> {
  const width = points.length / count;
  const k = Math.min(wanted, count - 1);
  const columns = { shape: [width, count], data: transpose(points, count, width) };
  const norms = { shape: [1, count], data: squaredNorms(points, count, width) };
  // |p|^2 - 2 q.p: the squared distance of q to every p, but for |q|^2, which moves none before another.
  const loop = startLoop({
    state: {},
    constants: {},
    body: ({ batch }) => {
      const products = tf.matMul(batch.queries as tf.Tensor2D, batch.columns as tf.Tensor2D);
      return { state: {}, results: { nearness: tf.sub(batch.norms as tf.Tensor2D, tf.mul(products, 2)) } };
    },
  });
  const indexes = new Uint32Array(count * k);
  const distances = new Float64Array(count * k);
  for (let start = 0; start < count; start += BATCH) {
    const rows = Math.min(BATCH, count - start);
    const queries = { shape: [rows, width], data: points.slice(start * width, (start + rows) * width) };
    const { nearness } = await loop.run({ queries, columns, norms });
    for (let row = 0; row < rows; row++) {
      const query = start + row;
      const nearest = smallest((nearness as Float32Array).subarray(row * count, (row + 1) * count), k, query);
      // Float32 products lose what is small beside the norms: the few that were found are measured again.
      const measured = nearest.map((index) => ({ index, distance: distanceOf(points, width, query, index) }));
      measured.sort((a, b) => a.distance - b.distance || a.index - b.index);
      measured.forEach(({ index, distance }, i) => {
        indexes[query * k + i] = index;
        distances[query * k + i] = distance;
      });
    }
  }
  loop.dispose();
  return { k, indexes, distances };
}

/** The places of the k smallest values but for `self`, by insertion: k is small beside the count. */
function smallest(values: Float32Array, k: number, self: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (i === self) continue;
    const value = values[i] as number;
    if (kept.length === k && !(value < (values[kept[k - 1] as number] as number))) continue;
    let at = kept.length === k ? k - 1 : kept.length;
    while (at > 0 && (values[kept[at - 1] as number] as number) > value) at--;
    kept.splice(at, 0, i);
    if (kept.length > k) kept.pop();
  }
  return kept;
}

function distanceOf(points: Float32Array, width: number, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += ((points[a * width + i] as number) - (points[b * width + i] as number)) ** 2;
  return Math.sqrt(sum);
}

function squaredNorms(points: Float32Array, count: number, width: number): Float32Array {
  return Float32Array.from({ length: count }, (_, point) => {
    let sum = 0;
    for (let i = point * width; i < (point + 1) * width; i++) sum += (points[i] as number) ** 2;
    return sum;
  });
}

function transpose(points: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(points.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = points[row * columns + column] as number;
  }
  return out;
}
