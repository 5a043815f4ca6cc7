/** CIFAR-10's binary version (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009): 3073 bytes a record. */
import { UserError } from '../base/errors.ts';
import { makeSplit, type Shape, type Split } from './split.ts';

const CIFAR_SHAPE: Shape = [32, 32, 3];

const PLANE_BYTES = 32 * 32;
const RECORD_BYTES = 1 + 3 * PLANE_BYTES;
const CLASS_COUNT = 10;

/**
 * Reads a batch: each record a label byte, then the red, the green and the blue plane. The planes become interleaved pixels.
 * `name` stands for the file in errors. Throws UserError 'cifar-corrupt' with the offset, what belongs there and what is there.
 */
export function parseCifar(bytes: Uint8Array, name: string): Split {
  const corrupt = (offset: number, expected: string, found: string): UserError =>
    new UserError(
      'cifar-corrupt',
      `${name} is not a sound CIFAR-10 batch: at byte ${offset} expected ${expected}, found ${found}.`,
      { hint: 'fetch the file again: it was cut off or is something else' },
    );
  const count = Math.floor(bytes.length / RECORD_BYTES);
  const rest = bytes.length % RECORD_BYTES;
  if (count === 0 || rest !== 0) {
    throw corrupt(count * RECORD_BYTES, `a record of ${RECORD_BYTES} bytes`, `${rest} bytes and the end of the file`);
  }

  const labels = new Uint8Array(count);
  const images = new Uint8Array(count * 3 * PLANE_BYTES);
  for (let record = 0; record < count; record++) {
    const start = record * RECORD_BYTES;
    const label = bytes[start] as number;
    if (label >= CLASS_COUNT) throw corrupt(start, `a label of 0 to ${CLASS_COUNT - 1}`, String(label));
    labels[record] = label;
    interleave(bytes.subarray(start + 1, start + RECORD_BYTES), images.subarray(record * 3 * PLANE_BYTES));
  }
  return makeSplit(CIFAR_SHAPE, images, labels);
}

function interleave(planes: Uint8Array, pixels: Uint8Array): void {
  for (let i = 0; i < PLANE_BYTES; i++) {
    pixels[3 * i] = planes[i] as number;
    pixels[3 * i + 1] = planes[PLANE_BYTES + i] as number;
    pixels[3 * i + 2] = planes[2 * PLANE_BYTES + i] as number;
  }
}
