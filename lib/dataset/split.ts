/** Labelled images in memory, and the few ways to take them apart and put them together. */
import { InternalError } from '../base/errors.ts';

/** Height, width, channels. */
export type Shape = readonly [number, number, number];

/** N records in their order, never written to once they are a split. `images`: uint8 [N, h, w, c] in 0..255, row-major, channels last. `labels`: uint8 [N], an index into the classes. */
export interface Split {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly shape: Shape;
  readonly count: number;
}

/** Bytes of one image. */
export function imageSizeBytes(shape: Shape): number {
  return shape[0] * shape[1] * shape[2];
}

/** Joins images and labels that agree in number. Keeps the arrays, copies nothing. */
export function makeSplit(shape: Shape, images: Uint8Array, labels: Uint8Array): Split {
  if (images.length !== labels.length * imageSizeBytes(shape)) {
    throw new InternalError(`${labels.length} labels for ${images.length} bytes of images of shape ${shape.join('x')}`);
  }
  return { images, labels, shape, count: labels.length };
}

/** The pixels of one record: a view, not a copy. */
export function imageAt(split: Split, index: number): Uint8Array {
  const size = imageSizeBytes(split.shape);
  return split.images.subarray(index * size, (index + 1) * size);
}

/** The records at the given indexes, in the order given; an index may repeat. */
export function selectRecords(split: Split, indexes: ArrayLike<number>): Split {
  const size = imageSizeBytes(split.shape);
  const images = new Uint8Array(indexes.length * size);
  const labels = new Uint8Array(indexes.length);
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i] as number;
    if (!(index >= 0 && index < split.count)) throw new InternalError(`no record ${index} among ${split.count}`);
    images.set(imageAt(split, index), i * size);
    labels[i] = split.labels[index] as number;
  }
  return makeSplit(split.shape, images, labels);
}

/** All records of `first`, then all of `second`. Both have one shape. */
export function joinSplits(first: Split, second: Split): Split {
  if (first.shape.join() !== second.shape.join()) {
    throw new InternalError(`cannot join images of shape ${first.shape.join('x')} and ${second.shape.join('x')}`);
  }
  const images = new Uint8Array(first.images.length + second.images.length);
  images.set(first.images);
  images.set(second.images, first.images.length);
  const labels = new Uint8Array(first.count + second.count);
  labels.set(first.labels);
  labels.set(second.labels, first.count);
  return makeSplit(first.shape, images, labels);
}

/** The indexes of the records with this label, ascending. */
export function indexesOfClass(split: Split, label: number): number[] {
  const indexes: number[] = [];
  for (let i = 0; i < split.count; i++) if (split.labels[i] === label) indexes.push(i);
  return indexes;
}

/** How many records each class has: `counts[label]`. Labels beyond the classes are a bug of the caller. */
export function countPerClass(labels: Uint8Array, classCount: number): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const label of labels) {
    if (label >= classCount) throw new InternalError(`label ${label} among ${classCount} classes`);
    counts[label] = (counts[label] as number) + 1;
  }
  return counts;
}
