/** An exact support vector machine: its dual solved by sequential minimal optimisation until the KKT conditions hold. */
import { StageError } from '../../../../lib/stage-api/stage-error.ts';

/** Labels: 1 or -1. */
export type Signs = Int8Array;

export interface Svm {
  /** The dual variables, 0 to C. f(x) = sum of alpha_i y_i k(x_i, x) + bias. */
  readonly alphas: Float64Array;
  readonly bias: number;
  /** Indexes with 0 < alpha < C, ascending: the margin support vectors, which lie on their margin. */
  readonly margin: readonly number[];
  /** The largest violation of a KKT condition, in units of f. */
  readonly violation: number;
}

export interface SvmOptions {
  /** What an example on the wrong side of its margin costs. */
  readonly c: number;
  /** The violation of KKT conditions at which the solution counts as exact, in units of f. */
  readonly tolerance: number;
  readonly maxSteps?: number;
}

// Hundreds of examples settle in some ten thousand steps.
const MAX_STEPS = 10_000_000;
// A pair of equal points has no curvature; LIBSVM's stand-in.
const LEAST_CURVATURE = 1e-12;

/**
 * Minimises 1/2 a'Qa - sum(a) for 0 <= a <= C and y'a = 0, where Q_ij = y_i y_j k_ij. Each step solves for the pair that the
 * second-order rule of Fan, Chen and Lin (2005, WSS 2) picks, as LIBSVM does. `kernel`: the rows k_i. `start`: feasible alphas, such
 * as those of a problem that differs in one point. Throws StageError `svm-unsettled`.
 */
export function trainSvm(
  kernel: readonly Float64Array[],
  labels: Signs,
  { c, tolerance, maxSteps = MAX_STEPS }: SvmOptions,
  start?: Float64Array,
): Svm {
  const count = labels.length;
  const alphas = start === undefined ? new Float64Array(count) : Float64Array.from(start);
  const gradient = new Float64Array(count).fill(-1);
  for (let j = 0; j < count; j++) {
    if (alphas[j] === 0) continue;
    for (let i = 0; i < count; i++) gradient[i]! += labels[i]! * labels[j]! * kernel[i]![j]! * alphas[j]!;
  }
  for (let step = 0; step < maxSteps; step++) {
    const pair = choosePair(kernel, labels, alphas, gradient, c);
    if (pair.violation <= tolerance) return finish(labels, alphas, gradient, c, pair);
    takeStep(kernel, labels, alphas, gradient, c, pair);
  }
  throw new StageError('svm-unsettled', `a support vector machine with C = ${c} did not settle in ${maxSteps} steps.`, {
    hint: 'set svm.c lower: a large C leaves examples no room',
  });
}

interface Pair {
  /** Of those that may move up (y a may grow), the one with the largest -y g. */
  readonly i: number;
  readonly j: number;
  /** The largest -y g of those that may move up, the smallest of those that may move down; at the optimum the bias lies between. */
  readonly up: number;
  readonly down: number;
  readonly violation: number;
}

function choosePair(
  kernel: readonly Float64Array[],
  labels: Signs,
  alphas: Float64Array,
  gradient: Float64Array,
  c: number,
): Pair {
  let [i, up, down] = [-1, -Infinity, Infinity];
  for (let t = 0; t < labels.length; t++) {
    const value = -labels[t]! * gradient[t]!;
    const mayMoveUp = labels[t] === 1 ? alphas[t]! < c : alphas[t]! > 0;
    const mayMoveDown = labels[t] === 1 ? alphas[t]! > 0 : alphas[t]! < c;
    if (mayMoveUp && value > up) [i, up] = [t, value];
    if (mayMoveDown && value < down) down = value;
  }
  let [j, best] = [-1, 0];
  for (let t = 0; t < labels.length && i >= 0; t++) {
    const mayMoveDown = labels[t] === 1 ? alphas[t]! > 0 : alphas[t]! < c;
    const difference = up + labels[t]! * gradient[t]!;
    if (!mayMoveDown || difference <= 0) continue;
    const gain = difference ** 2 / curvature(kernel, i, t);
    if (gain > best) [j, best] = [t, gain];
  }
  return { i, j, up, down, violation: j < 0 ? 0 : up - down };
}

/** k_ii + k_jj - 2 k_ij: |phi(x_i) - phi(x_j)|^2. */
function curvature(kernel: readonly Float64Array[], i: number, j: number): number {
  return Math.max(LEAST_CURVATURE, kernel[i]![i]! + kernel[j]![j]! - 2 * kernel[i]![j]!);
}

/** Moves y_i a_i up and y_j a_j down by the same amount, as far as is best or a bound allows. */
function takeStep(
  kernel: readonly Float64Array[],
  labels: Signs,
  alphas: Float64Array,
  gradient: Float64Array,
  c: number,
  { i, j }: Pair,
): void {
  const [yi, yj] = [labels[i]!, labels[j]!];
  const best = (-yi * gradient[i]! + yj * gradient[j]!) / curvature(kernel, i, j);
  const roomUp = yi === 1 ? c - alphas[i]! : alphas[i]!;
  const roomDown = yj === 1 ? alphas[j]! : c - alphas[j]!;
  const step = Math.min(best, roomUp, roomDown);
  // Exactly at its bound, where the step ends there: rounding must not leave it just inside.
  alphas[i] = step === roomUp ? (yi === 1 ? c : 0) : alphas[i]! + yi * step;
  alphas[j] = step === roomDown ? (yj === 1 ? 0 : c) : alphas[j]! - yj * step;
  for (let t = 0; t < labels.length; t++) gradient[t]! += labels[t]! * step * (kernel[i]![t]! - kernel[j]![t]!);
}

function finish(labels: Signs, alphas: Float64Array, gradient: Float64Array, c: number, pair: Pair): Svm {
  const margin = [...labels.keys()].filter((t) => alphas[t]! > 0 && alphas[t]! < c);
  // On the margin y f = 1, which gives the bias; without a margin support vector every bias in between is optimal.
  const bias =
    margin.length === 0
      ? middle(pair.up, pair.down)
      : margin.reduce((sum, t) => sum - labels[t]! * gradient[t]!, 0) / margin.length;
  return { alphas, bias, margin, violation: Math.max(0, pair.violation) };
}

function middle(up: number, down: number): number {
  if (up === -Infinity || down === Infinity) return up === -Infinity ? (down === Infinity ? 0 : down) : up;
  return (up + down) / 2;
}
