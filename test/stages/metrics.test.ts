import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { makeSplit } from '../../lib/dataset/split.ts';
import {
  accuracyOf,
  confusionMatrix,
  distortionOf,
  isConstant,
  predictionHistogram,
} from '../../stages/common/metrics.ts';
import { toPixels } from '../../stages/common/pixels.ts';
import { drawSamples } from '../../stages/common/sample-picture.ts';

test('accuracy: total, per class, chosen and the mean recall of the others, by hand', () => {
  // Class 0: 2 of 3 right; class 1: 1 of 2; class 2: 1 of 1; class 3: no records.
  const labels = Uint8Array.of(0, 0, 0, 1, 1, 2);
  const predictions = Uint8Array.of(0, 0, 1, 1, 2, 2);
  const confusion = confusionMatrix(labels, predictions, 4);
  expect(confusion).toEqual([
    [2, 1, 0, 0],
    [0, 1, 1, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 0],
  ]);
  expect(accuracyOf(confusion, 0)).toEqual({
    total: 4 / 6,
    perClass: [2 / 3, 1 / 2, 1, null],
    chosen: 2 / 3,
    others: (1 / 2 + 1) / 2,
  });
  expect(accuracyOf(confusion, 3).chosen).toBeNull();
  expect(predictionHistogram(predictions, 4)).toEqual([2, 2, 2, 0]);
});

test('a model that gives one answer for everything is seen', () => {
  expect([isConstant(Uint8Array.of(3, 3, 3)), isConstant(Uint8Array.of(3, 3, 4))]).toEqual([true, false]);
});

test('distortion is the mean L2 distance of the stored pixels, on both scales', () => {
  const shape = [1, 2, 1] as const;
  const sources = makeSplit(shape, Uint8Array.of(0, 0, 10, 20), Uint8Array.of(0, 0));
  const poison = makeSplit(shape, Uint8Array.of(3, 4, 10, 8), Uint8Array.of(0, 0));
  // Distances 5 and 12.
  expect(distortionOf(sources, poison)).toEqual({ unit: 8.5 / 255, pixel: 8.5, largestUnit: 12 / 255 });
});

test('pixels are stored as the nearest of 256 values, clipped at black and white', () => {
  const stored = toPixels(Float32Array.of(-0.5, 0.5, 0, -0.6, 0.7, 1 / 255 - 0.5, 1.4 / 255 - 0.5));
  expect([...stored]).toEqual([0, 255, 128, 0, 255, 1, 1]);
});

test('the sample picture has a row a class, four samples a row, and shows a brighter pixel brighter than grey', () => {
  const count = 6;
  const images = new Uint8Array(count * 4).fill(100);
  const originals = makeSplit([2, 2, 1], images, Uint8Array.of(1, 0, 1, 1, 1, 1));
  const poison = makeSplit(
    [2, 2, 1],
    images.map((v, i) => (i === 4 ? 200 : v)),
    originals.labels,
  );
  const picture = decode(drawSamples(originals, poison));
  // A sample: three images of 2 x 3 pixels and two gaps of 3; the picture: four of them, two rows, margins of 14.
  expect([picture.width, picture.height]).toEqual([4 * (3 * 6 + 2 * 3) + 5 * 14, 2 * (6 + 14) + 14]);
  const red = (x: number, y: number): number => picture.data[(y * picture.width + x) * 3] as number;
  // Class 0 comes first: its only sample is record 1, whose first pixel went from 100 to 200.
  expect([red(14, 14), red(14 + 9, 14), red(14 + 18, 14), red(14 + 18 + 5, 14)]).toEqual([100, 200, 178, 128]);
  expect(red(0, 0)).toBe(255);
});

test('poison of one class alone is shown in three rows', () => {
  const originals = makeSplit([2, 2, 1], new Uint8Array(12 * 4), new Uint8Array(12).fill(7));
  expect(decode(drawSamples(originals, originals)).height).toBe(3 * (6 + 14) + 14);
});
