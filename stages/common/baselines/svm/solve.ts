/** Small dense systems of linear equations. */

// Below this share of the largest entry a pivot is rounding: its equation follows from the others.
const LEAST_PIVOT = 1e-12;

/**
 * x with A x = b, by Gaussian elimination with full pivoting. Where A is singular and b agrees with it, one of the solutions: the
 * unknowns that nothing determines are 0. `rows` is not changed.
 */
export function solve(rows: readonly Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  const a = rows.map((row) => Float64Array.from(row));
  const b = Float64Array.from(right);
  const columns = Array.from({ length: size }, (_, i) => i);
  const scale = Math.max(...a.flatMap((row) => Array.from(row, Math.abs)), 0);
  let rank = 0;
  for (; rank < size; rank++) {
    let [pivotRow, pivotColumn, largest] = [rank, rank, 0];
    for (let r = rank; r < size; r++) {
      for (let s = rank; s < size; s++) {
        const magnitude = Math.abs(a[r]![s]!);
        if (magnitude > largest) [pivotRow, pivotColumn, largest] = [r, s, magnitude];
      }
    }
    if (largest <= LEAST_PIVOT * scale) break;
    swapRows(a, b, rank, pivotRow);
    swapColumns(a, columns, rank, pivotColumn);
    for (let r = rank + 1; r < size; r++) {
      const factor = a[r]![rank]! / a[rank]![rank]!;
      if (factor === 0) continue;
      for (let s = rank; s < size; s++) a[r]![s]! -= factor * a[rank]![s]!;
      b[r]! -= factor * b[rank]!;
    }
  }
  const x = new Float64Array(size);
  for (let r = rank - 1; r >= 0; r--) {
    let sum = b[r]!;
    for (let s = r + 1; s < rank; s++) sum -= a[r]![s]! * x[columns[s]!]!;
    x[columns[r]!] = sum / a[r]![r]!;
  }
  return x;
}

function swapRows(a: Float64Array[], b: Float64Array, i: number, j: number): void {
  [a[i], a[j]] = [a[j]!, a[i]!];
  [b[i], b[j]] = [b[j]!, b[i]!];
}

function swapColumns(a: readonly Float64Array[], columns: number[], i: number, j: number): void {
  for (const row of a) [row[i], row[j]] = [row[j]!, row[i]!];
  [columns[i], columns[j]] = [columns[j]!, columns[i]!];
}
