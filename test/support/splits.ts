/** Small splits for tests, and arbitrary ones for laws. */
import fc from 'fast-check';
import { makeSplit, type Shape, type Split } from '../../lib/dataset/split.ts';

/** Records of 1 x 1 grey pixel, written as [label, pixel]. */
export function tinySplit(...records: readonly (readonly [number, number])[]): Split {
  return makeSplit(
    [1, 1, 1],
    Uint8Array.from(records, ([, pixel]) => pixel),
    Uint8Array.from(records, ([label]) => label),
  );
}

/** Any split of the shape with up to `maxCount` records and labels 0 to 3. */
export function anySplit(shape: Shape, maxCount: number): fc.Arbitrary<Split> {
  const size = shape[0] * shape[1] * shape[2];
  return fc
    .nat(maxCount)
    .chain((count) =>
      fc
        .tuple(
          fc.uint8Array({ minLength: count * size, maxLength: count * size }),
          fc.uint8Array({ minLength: count, maxLength: count, max: 3 }),
        )
        .map(([images, labels]) => makeSplit(shape, images, labels)),
    );
}
