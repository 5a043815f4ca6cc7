/** The leading directions of a cloud of points, by orthogonal iteration on its covariance. */
import { stream } from '../rng.ts';

const ROUNDS = 100;

/** The rows of `points` (float32 [any, width]) at `members`, their mean taken away: what spectral signatures need and some leave out. */
export function centred(points: Float32Array, width: number, members: readonly number[]): Float64Array {
  const mean = new Float64Array(width);
  for (const member of members)
    for (let i = 0; i < width; i++) mean[i]! += (points[member * width + i] as number) / members.length;
  const out = new Float64Array(members.length * width);
  members.forEach((member, row) => {
    for (let i = 0; i < width; i++) out[row * width + i] = (points[member * width + i] as number) - (mean[i] as number);
  });
  return out;
}

/** The `count` orthonormal directions of largest variance, largest first; fewer when the cloud has fewer. `rows`: [any, width], centred. */
export function leadingDirections(rows: Float64Array, width: number, count: number): Float64Array[] {
  const covariance = new Float64Array(width * width);
  for (let row = 0; row < rows.length; row += width) {
    for (let a = 0; a < width; a++) {
      const value = rows[row + a] as number;
      if (value === 0) continue;
      for (let b = 0; b < width; b++) covariance[a * width + b]! += value * (rows[row + b] as number);
    }
  }
  const rng = stream(1, 'directions');
  let found: Float64Array[] = Array.from({ length: Math.min(count, width) }, () =>
    Float64Array.from({ length: width }, () => rng.normal()),
  );
  for (let round = 0; round < ROUNDS; round++) {
    found = orthonormal(found.map((direction) => product(covariance, width, direction)));
  }
  return found;
}

/** How far each row reaches along a direction. */
export function along(rows: Float64Array, width: number, direction: Float64Array): Float64Array {
  return Float64Array.from({ length: rows.length / width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (rows[row * width + i] as number) * (direction[i] as number);
    return sum;
  });
}

function product(matrix: Float64Array, width: number, vector: Float64Array): Float64Array {
  return along(matrix, width, vector);
}

/** Gram and Schmidt, in order; what is nothing but rounding beside the others is left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const out: Float64Array[] = [];
  const largest = Math.max(...vectors.map((vector) => Math.hypot(...vector)));
  for (const vector of vectors) {
    const rest = Float64Array.from(vector);
    for (const direction of out) {
      const reach = along(rest, rest.length, direction)[0] as number;
      for (let i = 0; i < rest.length; i++) rest[i]! -= reach * (direction[i] as number);
    }
    const length = Math.hypot(...rest);
    if (length > 1e-9 * largest) out.push(rest.map((value) => value / length));
  }
  return out;
}
