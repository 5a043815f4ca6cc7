/** What an evasion wants a model to answer. */
import { stream } from '../rng.ts';

/** Anything but the label; or, for a targeted evasion, one certain other class. One class an image, in their order. */
export interface Aims {
  readonly isTargeted: boolean;
  /** The label that shall no longer be the answer, or the target that shall be. */
  readonly classes: Uint8Array;
}

/** Targets are drawn at random from the other classes: the average case of Carlini and Wagner (2017, section VII-B). */
export function chooseAims(labels: Uint8Array, classCount: number, isTargeted: boolean, seed: number): Aims {
  const rng = stream(seed, 'evade', 'targets');
  const target = (label: number): number => (label + 1 + rng.below(classCount - 1)) % classCount;
  return { isTargeted, classes: isTargeted ? labels.map(target) : Uint8Array.from(labels) };
}

/** Of each image, whether the answer is what was aimed at. */
export function isReached({ isTargeted, classes }: Aims, answers: Uint8Array): boolean[] {
  return Array.from(answers, (answer, i) => (answer === classes[i]) === isTargeted);
}
