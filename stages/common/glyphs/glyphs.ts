/** The built-in dataset: handwritten-looking digits, drawn from a seed, so that the experiment runs without any download. */
import { makeSplit, type Shape, type Split } from '../../../lib/dataset/split.ts';
import type { SplitName } from '../../../lib/dataset/dataset.ts';
import { stream } from '../rng.ts';
import { drawGlyph, GLYPH_SIDE } from './draw-glyph.ts';

/** Changes whenever the same seed would give other images. */
export const GLYPHS_GENERATOR = 'glyphs/v1';

export const GLYPHS_SHAPE: Shape = [GLYPH_SIDE, GLYPH_SIDE, 1];

export const GLYPHS_CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

const CLASS_COUNT = GLYPHS_CLASSES.length;

/**
 * Draws the first `count` digits of a seed's train or test set. Every ten in a row hold each class once, in shuffled order, so any
 * beginning is balanced; and a smaller set is the beginning of a larger one. Train and test share no stream.
 */
export function makeGlyphs(
  seed: number,
  part: SplitName,
  count: number,
  onImage: (done: number) => void = () => {},
): Split {
  const pixels = GLYPH_SIDE * GLYPH_SIDE;
  const images = new Uint8Array(count * pixels);
  const labels = new Uint8Array(count);
  let order: ArrayLike<number> = [];
  for (let i = 0; i < count; i++) {
    if (i % CLASS_COUNT === 0) order = stream(seed, 'glyphs', part, 'order', i / CLASS_COUNT).permutation(CLASS_COUNT);
    const digit = order[i % CLASS_COUNT] as number;
    labels[i] = digit;
    images.set(drawGlyph(digit, stream(seed, 'glyphs', part, 'image', i)), i * pixels);
    onImage(i + 1);
  }
  return makeSplit(GLYPHS_SHAPE, images, labels);
}
