/** From optimised pixels to labelled poison, and the note that travels with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { imageSizeBytes, joinSplits, makeSplit, type Split } from '../../lib/dataset/split.ts';
import { StageError } from '../../lib/stage-api/stage-error.ts';
import { stream } from './rng.ts';
import type { Reading } from './reading.ts';

const POISON_FILE = 'poison.json';

/** How the records of a poison dataset came about; in its folder, so that nothing has to be passed beside it. */
export interface PoisonNote {
  readonly format: 'assay-poison/v2';
  /** The class y'. */
  readonly chosen: number;
  /** Of each record, in order: its source's index in the clean training split, and that source's label. */
  readonly sources: readonly number[];
  readonly originalLabels: readonly number[];
}

const INDEXES = z.array(z.int().nonnegative());
const NOTE_SCHEMA = z.object({
  format: z.literal('assay-poison/v2'),
  chosen: z.int().nonnegative(),
  sources: INDEXES,
  originalLabels: INDEXES,
});

export function writePoisonNote(folder: string, note: PoisonNote): void {
  writeFileSync(join(folder, POISON_FILE), `${JSON.stringify(note)}\n`);
}

/** Throws StageError `poison-note-corrupt` when the folder is a dataset that neither perturb nor poison made. */
export function readPoisonNote(folder: string): PoisonNote {
  const path = join(folder, POISON_FILE);
  try {
    return NOTE_SCHEMA.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new StageError('poison-note-corrupt', `${path} does not say how the poison was made.`, {
      hint: 'give the input `poison` the output of the stage poison: poison.data',
      cause,
    });
  }
}

/** The label that each poisoned image carries. `recognised`: what M takes the optimised images for. */
export function labelPoison(
  label: Reading['label'],
  chosen: number,
  classCount: number,
  originals: Uint8Array,
  recognised: Uint8Array,
  seed: number,
): Uint8Array {
  const rng = stream(seed, 'labels', chosen);
  switch (label) {
    case 'chosen':
      return originals.map(() => chosen);
    case 'original':
      return Uint8Array.from(originals);
    case 'recognised':
      return Uint8Array.from(recognised);
    case 'random-other':
      return originals.map(() => (chosen + 1 + rng.below(classCount - 1)) % classCount);
    case 'next-class':
      return originals.map(() => (chosen + 1) % classCount);
    default:
      return label satisfies never;
  }
}

/** Noise of the same length: each source moved in a Gaussian direction as far as its optimised image was, before clipping. */
export function noiseOfEqualLength(sources: Split, optimised: Uint8Array, seed: number): Uint8Array {
  const size = imageSizeBytes(sources.shape);
  const out = new Uint8Array(optimised.length);
  for (let i = 0; i < sources.count; i++) {
    const rng = stream(seed, 'noise', i);
    const direction = Float64Array.from({ length: size }, () => rng.normal());
    let [moved, length] = [0, 0];
    for (let p = 0; p < size; p++) {
      moved += (optimised[i * size + p]! - sources.images[i * size + p]!) ** 2;
      length += direction[p]! ** 2;
    }
    const scale = Math.sqrt(moved / length);
    for (let p = 0; p < size; p++) {
      const value = sources.images[i * size + p]! + scale * direction[p]!;
      out[i * size + p] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return out;
}

/** The clean records followed by the poison; or, where that is asked for, with each source replaced where it stands. */
export function mergePoison(clean: Split, poison: Split, note: PoisonNote, isReplacing: boolean): Split {
  const size = imageSizeBytes(clean.shape);
  if (isReplacing) {
    const [images, labels] = [Uint8Array.from(clean.images), Uint8Array.from(clean.labels)];
    note.sources.forEach((source, i) => {
      images.set(poison.images.subarray(i * size, (i + 1) * size), source * size);
      labels[source] = poison.labels[i]!;
    });
    return makeSplit(clean.shape, images, labels);
  }
  return joinSplits(clean, poison);
}
