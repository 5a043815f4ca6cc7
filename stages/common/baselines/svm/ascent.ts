/** Moves attack points uphill on the validation loss of the machine that is trained with them (Biggio, Nelson and Laskov 2012, algorithm 1). */
import type { Point } from './kernel.ts';
import { fitSvm, lossGradient, refitSvm, type FittedSvm, type SvmProblem } from './poisoned-svm.ts';

export interface AscentOptions {
  /** Length of a step, L2 in unit scale. */
  readonly step: number;
  readonly iterations: number;
}

// Steps are halved where one does not raise the loss; shorter ones than this share of the first are not tried.
const LEAST_STEP = 1 / 64;

/** An attack point where it started and where it ended, and the machine trained with it. */
export interface Ascended {
  readonly problem: SvmProblem;
  readonly fitted: FittedSvm;
  /** Mean hinge loss on the validation points, of the start and after each step that was kept. Never falls. */
  readonly losses: readonly number[];
}

/** The problem with one more training point, which is the last. */
export function withPoint(problem: SvmProblem, point: Point, label: number): SvmProblem {
  const { points, labels } = problem.train;
  return { ...problem, train: { points: [...points, point], labels: Int8Array.from([...labels, label]) } };
}

/**
 * Adds `start` under `label` and moves it. Steps have one length and go along the gradient; what leaves the box [0, 1] is put back on
 * its wall, as the paper does. Here a step that does not raise the loss is halved instead of taken.
 */
export function ascend(clean: SvmProblem, start: Point, label: number, { step, iterations }: AscentOptions): Ascended {
  let problem = withPoint(clean, start, label);
  const moving = problem.train.points.length - 1;
  let fitted = fitSvm(problem);
  const losses = [fitted.loss];
  let length = step;
  for (let iteration = 0; iteration < iterations && length >= step * LEAST_STEP; iteration++) {
    const current = problem.train.points[moving]!;
    const direction = insideBox(current, lossGradient(problem, fitted, moving));
    const steepness = Math.hypot(...direction);
    // A point that is no support vector moves nothing: the loss is flat around it.
    if (steepness === 0) break;
    const next = current.map((x, i) => Math.min(1, Math.max(0, x + (length * direction[i]!) / steepness)));
    const moved = { ...problem, train: { ...problem.train, points: problem.train.points.with(moving, next) } };
    const trained = refitSvm(moved, fitted, moving);
    if (trained.loss <= fitted.loss) {
      length /= 2;
      continue;
    }
    [problem, fitted] = [moved, trained];
    losses.push(fitted.loss);
  }
  return { problem, fitted, losses };
}

/** Of a gradient what does not push through a wall that the point already touches. */
function insideBox(point: Point, gradient: Float64Array): Float64Array {
  return gradient.map((g, i) => ((point[i] === 0 && g < 0) || (point[i] === 1 && g > 0) ? 0 : g));
}
