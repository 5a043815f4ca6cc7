/** Samples of poison in the manner of Tables 1 to 3 of the paper: original, poison and difference side by side, a row a class. */
import { encode } from 'fast-png';
import type { Split } from '../../lib/dataset/split.ts';

const SCALE = 3;
const SAMPLES_A_ROW = 4;
const ROWS_OF_ONE_CLASS = 3;
const GAP = 3;
const WIDE_GAP = 14;
const PAPER = 255;

/**
 * A PNG, RGB. Each row holds four samples of one source class; each sample is original, poison, difference. The difference is
 * drawn as grey for none, brighter where the poison is brighter, at half its size so that nothing is cut off.
 * `originals` are the sources in the order of `poison`.
 */
export function drawSamples(originals: Split, poison: Split): Uint8Array {
  const [height, width] = originals.shape;
  const rows = chooseSamples(originals.labels);
  const cellHeight = height * SCALE;
  const cellWidth = width * SCALE;
  const sampleWidth = 3 * cellWidth + 2 * GAP;
  const picture = {
    width: SAMPLES_A_ROW * sampleWidth + (SAMPLES_A_ROW + 1) * WIDE_GAP,
    height: Math.max(1, rows.length) * (cellHeight + WIDE_GAP) + WIDE_GAP,
  };
  const pixels = new Uint8Array(picture.width * picture.height * 3).fill(PAPER);
  rows.forEach((samples, row) => {
    samples.forEach((index, column) => {
      const top = WIDE_GAP + row * (cellHeight + WIDE_GAP);
      const left = WIDE_GAP + column * (sampleWidth + WIDE_GAP);
      const views: ((before: number, after: number) => number)[] = [
        (before) => before,
        (_before, after) => after,
        (before, after) => Math.round(127.5 + (after - before) / 2),
      ];
      views.forEach((view, place) => {
        const at = { top, left: left + place * (cellWidth + GAP) };
        drawImage(pixels, picture.width, at, originals, poison, index, view);
      });
    });
  });
  return encode({ ...picture, data: pixels, channels: 3, depth: 8 });
}

/** Per row up to four records: one row a class that has sources; where only one class has, three rows of it. */
function chooseSamples(labels: Uint8Array): number[][] {
  const byClass = new Map<number, number[]>();
  labels.forEach((label, i) => byClass.set(label, [...(byClass.get(label) ?? []), i]));
  const classes = [...byClass.keys()].sort((a, b) => a - b);
  const rows = classes.length === 1 ? ROWS_OF_ONE_CLASS : 1;
  return classes.flatMap((label) => {
    const indexes = byClass.get(label) as number[];
    return Array.from({ length: rows }, (_, row) =>
      indexes.slice(row * SAMPLES_A_ROW, (row + 1) * SAMPLES_A_ROW),
    ).filter((row) => row.length > 0);
  });
}

function drawImage(
  pixels: Uint8Array,
  pictureWidth: number,
  at: { readonly top: number; readonly left: number },
  originals: Split,
  poison: Split,
  index: number,
  view: (before: number, after: number) => number,
): void {
  const [height, width, channels] = originals.shape;
  const start = index * height * width * channels;
  for (let y = 0; y < height * SCALE; y++) {
    for (let x = 0; x < width * SCALE; x++) {
      const pixel = start + (Math.floor(y / SCALE) * width + Math.floor(x / SCALE)) * channels;
      const to = ((at.top + y) * pictureWidth + at.left + x) * 3;
      for (let c = 0; c < 3; c++) {
        const from = pixel + Math.min(c, channels - 1);
        pixels[to + c] = view(originals.images[from]!, poison.images[from]!);
      }
    }
  }
}
