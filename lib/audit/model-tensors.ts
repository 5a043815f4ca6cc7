/** The tensors of a model folder in Assay's form (model.json, weights.bin): their digests, and how far they moved. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { digestBytes, type Digest } from '../base/digest.ts';
import { parseJson } from '../base/parse-json.ts';

/** As it is signed. A type, not an interface, so that it is a JsonObject. */
export type TensorDigest = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32';
  /** sha256 of its bytes, little endian. */
  readonly digest: Digest;
};

export interface Tensor extends TensorDigest {
  readonly values: Float32Array;
}

/** Over all elements of a tensor; null where one of them is not finite. */
export interface Distance {
  readonly l2: number | null;
  /** l2 over the length of the original; null where that is 0. */
  readonly relative: number | null;
  /** Largest absolute difference. */
  readonly max: number | null;
}

const FLOAT_BYTES = 4;
const DESCRIPTION = z.looseObject({
  format: z.literal('assay-model/v1'),
  dtype: z.literal('float32'),
  byteOrder: z.literal('little-endian'),
  parameters: z.array(z.looseObject({ name: z.string(), shape: z.array(z.int().nonnegative()) })),
});

/** Null for a folder that is no such model, or whose files do not fit each other. */
export function readTensors(folder: string): Tensor[] | null {
  const [description, weights] = ['model.json', 'weights.bin'].map((name) => join(folder, name)) as [string, string];
  if (!existsSync(description) || !existsSync(weights)) return null;
  const parsed = DESCRIPTION.safeParse(parseJson(readFileSync(description, 'utf8')));
  if (!parsed.success) return null;
  const bytes = readFileSync(weights);
  let at = 0;
  const tensors = parsed.data.parameters.map(({ name, shape }): Tensor => {
    const length = FLOAT_BYTES * shape.reduce((size, side) => size * side, 1);
    const slice = bytes.subarray(at, (at += length));
    return { name, shape, dtype: 'float32', digest: digestBytes(slice), values: decode(slice) };
  });
  return at === bytes.length ? tensors : null;
}

/** In double precision; of tensors of one size. */
export function distanceOf(original: Float32Array, now: Float32Array): Distance {
  let sum = 0;
  let length = 0;
  let max = 0;
  for (let i = 0; i < original.length; i++) {
    const difference = (now[i] as number) - (original[i] as number);
    sum += difference * difference;
    length += (original[i] as number) ** 2;
    // Not Math.max alone: it would lose a NaN that came first.
    max = Number.isNaN(difference) ? NaN : Math.max(max, Math.abs(difference));
  }
  const l2 = Math.sqrt(sum);
  return { l2: finite(l2), relative: finite(l2 / Math.sqrt(length)), max: finite(Number.isNaN(sum) ? NaN : max) };
}

function decode(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: Math.floor(bytes.length / FLOAT_BYTES) }, (_, i) =>
    view.getFloat32(FLOAT_BYTES * i, true),
  );
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
