/**
 * Between stored pixels (uint8, 0..255) and what models see (float32, [-0.5, 0.5]).
 *
 * x = pixel / 255 - 0.5, as in the code of Carlini and Wagner (2017), whose network and attack the paper takes over: the range is
 * that of tanh(w) / 2, and inputs centred at zero train at the paper's learning rates where [0, 1] needs smaller ones. A distance
 * is the same in [-0.5, 0.5] as in [0, 1]: "unit scale". In 0..255 it is 255 times as large.
 */
import type { NumberArray } from '../../lib/compute/step-loop.ts';
import { imageSizeBytes, type Split } from '../../lib/dataset/split.ts';

/** Records by index as float32 [indexes.length, h, w, c] in [-0.5, 0.5]. */
export function toArray(split: Split, indexes: ArrayLike<number>): NumberArray & { readonly data: Float32Array } {
  const size = imageSizeBytes(split.shape);
  const data = new Float32Array(indexes.length * size);
  for (let i = 0, at = 0; i < indexes.length; i++) {
    const start = (indexes[i] as number) * size;
    for (let p = 0; p < size; p++) data[at++] = (split.images[start + p] as number) / 255 - 0.5;
  }
  return { shape: [indexes.length, ...split.shape], data };
}

/** Every index, in order. */
export function allRecords({ count }: Split): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The nearest stored pixels: float32 in [-0.5, 0.5] to uint8. Values outside the range are clipped. */
export function toPixels(values: Float32Array): Uint8Array {
  const pixels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    pixels[i] = Math.min(255, Math.max(0, Math.round(((values[i] as number) + 0.5) * 255)));
  }
  return pixels;
}

/** One-hot rows, float32 [labels.length, classCount]. */
export function toOneHot(labels: ArrayLike<number>, classCount: number): NumberArray {
  const data = new Float32Array(labels.length * classCount);
  for (let i = 0; i < labels.length; i++) data[i * classCount + (labels[i] as number)] = 1;
  return { shape: [labels.length, classCount], data };
}
