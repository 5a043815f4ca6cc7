/** How a value lies in the graph: axis i of the recorded value is axis order[i] of the tensor. Null: as the tensor. */
export type AxisOrder = readonly number[] | null;

/** Images: NHWC tensor, NCHW value. The convolutions of ONNX want it so. */
export const CHANNELS_FIRST: AxisOrder = [0, 3, 1, 2];

/** Filters: HWIO tensor, OIHW value. */
export const OUTPUT_FIRST: AxisOrder = [3, 2, 0, 1];

/** The dimensions of the recorded value of a tensor of `shape`. */
export function orderedDims(shape: readonly number[], order: AxisOrder): number[] {
  return order === null ? [...shape] : order.map((axis) => shape[axis] as number);
}

/** The axes of the value in `from` that make, one after the other, the value in `to`. */
export function permutation(rank: number, from: AxisOrder, to: AxisOrder): number[] {
  const source = from ?? range(rank);
  return (to ?? range(rank)).map((axis) => source.indexOf(axis));
}

/** The values of a tensor of `shape`, laid out anew; the same array when that moves none. */
export function permute(data: Float32Array, shape: readonly number[], from: AxisOrder, to: AxisOrder): Float32Array {
  const rank = shape.length;
  const perm = permutation(rank, from, to);
  if (perm.every((axis, i) => axis === i)) return data;
  const fromDims = orderedDims(shape, from);
  const strides = new Array<number>(rank).fill(1);
  for (let i = rank - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (fromDims[i + 1] as number);
  const steps = perm.map((axis) => strides[axis] as number);
  const dims = perm.map((axis) => fromDims[axis] as number);
  const out = new Float32Array(data.length);
  const index = new Array<number>(rank).fill(0);
  for (let k = 0, at = 0; k < out.length; k++) {
    out[k] = data[at] as number;
    for (let axis = rank - 1; axis >= 0; axis--) {
      at += steps[axis] as number;
      const next = (index[axis] as number) + 1;
      index[axis] = next;
      if (next < (dims[axis] as number)) break;
      at -= (steps[axis] as number) * (dims[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
