/** What is measured of a model and of poison. Pure functions of labels, predictions and pixels. */
import { imageAt, type Split } from '../../lib/dataset/split.ts';

/** Fractions in [0, 1]. A class without records has recall null, and so counts nowhere. */
export interface Accuracy {
  readonly total: number;
  /** Recall: of the records of each class, the fraction that the model gives this class. */
  readonly perClass: readonly (number | null)[];
  readonly chosen: number | null;
  /** Mean recall of all classes but the chosen one. */
  readonly others: number | null;
}

/** `counts[label][prediction]`: how many records of class `label` the model takes for class `prediction`. */
export function confusionMatrix(labels: Uint8Array, predictions: Uint8Array, classCount: number): number[][] {
  const counts = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  labels.forEach((label, i) => (counts[label] as number[])[predictions[i] as number]!++);
  return counts;
}

/** Accuracy as in Table 4 of the paper: the chosen class's is its recall on the test set, which the paper's numbers can only be. */
export function accuracyOf(confusion: readonly (readonly number[])[], chosen: number): Accuracy {
  const sums = confusion.map((row) => row.reduce((a, b) => a + b, 0));
  const perClass = confusion.map((row, label) => (sums[label] === 0 ? null : row[label]! / sums[label]!));
  const others = perClass.filter((recall, label) => label !== chosen && recall !== null) as number[];
  const hits = confusion.reduce((sum, row, label) => sum + row[label]!, 0);
  const count = sums.reduce((a, b) => a + b, 0);
  return {
    total: count === 0 ? 0 : hits / count,
    perClass,
    chosen: perClass[chosen] ?? null,
    others: others.length === 0 ? null : mean(others),
  };
}

/** How often the model answers each class. */
export function predictionHistogram(predictions: Uint8Array, classCount: number): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const prediction of predictions) counts[prediction]!++;
  return counts;
}

/** Whether the model gives one answer whatever it is shown: what training that diverged often comes to. */
export function isConstant(predictions: Uint8Array): boolean {
  return predictions.length > 1 && predictions.every((prediction) => prediction === predictions[0]);
}

export interface Distortion {
  /** Mean over the images of the L2 distance, pixels in [0, 1]. The paper's 3.56 and 2.58 are on this scale. */
  readonly unit: number;
  /** The same with pixels in 0..255: 255 times as large. The paper's 67.24 can only be on this scale. */
  readonly pixel: number;
  readonly largestUnit: number;
}

/** The L2 distance between images and their sources, record by record, as stored. "Distortion" of section 4.4. */
export function distortionOf(sources: Split, poison: Split): Distortion {
  const distances = Array.from({ length: poison.count }, (_, i) => distance(imageAt(sources, i), imageAt(poison, i)));
  const pixel = distances.length === 0 ? 0 : mean(distances);
  return { unit: pixel / 255, pixel, largestUnit: distances.reduce((a, b) => Math.max(a, b), 0) / 255 };
}

function distance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
