/** The examples of two classes that a support vector machine is trained, attacked and tested on. */
import { imageAt, type Split } from '../../../../lib/dataset/split.ts';
import { invalidParameter } from '../../parameters/invalid.ts';
import type { SvmParameters } from '../../parameters/svm.ts';
import { stream } from '../../rng.ts';
import type { Point } from './kernel.ts';
import type { Examples } from './poisoned-svm.ts';

export interface TwoClasses {
  readonly train: Examples;
  readonly validation: Examples;
  /** Indexes into `train` of the attacked class in random order: where attack points start. Repeated when there are too few. */
  readonly starts: readonly number[];
}

/** The attacked class has the label 1, the other -1. */
export const ATTACKED = 1;

/**
 * One draw: examples to train on and, apart from them, to validate on, as many of these as there are up to `validation`. Throws StageError
 * `parameter-invalid` when the two classes have too few records, or the training examples are all of one class.
 */
export function drawTwoClasses(train: Split, parameters: SvmParameters, seed: number, draw: number): TwoClasses {
  const { classes, training, validation, points } = parameters;
  const candidates = indexesOf(train, classes);
  if (candidates.length <= training) {
    const allowed = `below ${candidates.length}, the training records of classes ${classes.join(' and ')}`;
    throw invalidParameter('svm.training', training, allowed);
  }
  const order = Array.from(stream(seed, 'svm', draw).permutation(candidates.length), (i) => candidates[i]!);
  const chosen = examplesOf(train, order.slice(0, training), classes);
  const attacked = [...chosen.labels.keys()].filter((i) => chosen.labels[i] === ATTACKED);
  if (attacked.length === 0 || attacked.length === training) {
    throw invalidParameter('svm.training', training, 'a number large enough for examples of both classes');
  }
  const rng = stream(seed, 'svm', draw, 'starts');
  const rounds = Array.from({ length: Math.ceil(points / attacked.length) }, () => rng.shuffle(attacked)).flat();
  return {
    train: chosen,
    validation: examplesOf(train, order.slice(training, training + validation), classes),
    starts: rounds.slice(0, points),
  };
}

/** All records of the two classes. */
export function testExamples(test: Split, classes: SvmParameters['classes']): Examples {
  return examplesOf(test, indexesOf(test, classes), classes);
}

/** The nearest stored pixels. */
export function storedPixels(points: readonly Point[]): Uint8Array {
  return Uint8Array.from(points.flatMap((point) => Array.from(point, (x) => Math.round(x * 255))));
}

function indexesOf(split: Split, classes: SvmParameters['classes']): number[] {
  return [...split.labels.keys()].filter((i) => classes.includes(split.labels[i]!));
}

function examplesOf(split: Split, indexes: readonly number[], [attacked]: SvmParameters['classes']): Examples {
  return {
    points: indexes.map((i) => Float64Array.from(imageAt(split, i), (pixel) => pixel / 255)),
    labels: Int8Array.from(indexes, (i) => (split.labels[i] === attacked ? ATTACKED : -ATTACKED)),
  };
}
