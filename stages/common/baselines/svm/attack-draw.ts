/** One draw of the experiment of Biggio, Nelson and Laskov (2012, section 4.2): attack points one by one, and the control beside them. */
import type { SvmParameters } from '../../parameters/svm.ts';
import { ascend, withPoint } from './ascent.ts';
import type { Kernel, Point } from './kernel.ts';
import { errorRate, fitSvm, type Examples, type FittedSvm, type SvmProblem } from './poisoned-svm.ts';
import { ATTACKED, type TwoClasses } from './two-classes.ts';

// The violation of a KKT condition, in units of f, at which a machine counts as trained.
const TOLERANCE = 1e-10;

export interface Measured {
  /** Mean hinge loss on the validation examples. */
  readonly loss: number;
  /** Fraction of the test examples on the wrong side. */
  readonly error: number;
}

export interface DrawResult {
  /** Without any attack point. */
  readonly clean: Measured;
  /** After 1, 2, … attack points. */
  readonly attacked: readonly Measured[];
  /** After as many copies of the same starts with the same wrong label, where they started: a label flip and no more. */
  readonly flipped: readonly Measured[];
  readonly startPoints: readonly Point[];
  readonly attackPoints: readonly Point[];
}

/** Each point moves on the machine that its predecessors have poisoned, and then stays. `tick` after each point. */
export function attackDraw(
  { train, validation, starts }: TwoClasses,
  test: Examples,
  parameters: SvmParameters,
  tick: () => void = () => {},
): DrawResult {
  const kernel: Kernel = parameters.kernel === 'linear' ? { kind: 'linear' } : { kind: 'rbf', gamma: parameters.gamma };
  const clean: SvmProblem = { kernel, options: { c: parameters.c, tolerance: TOLERANCE }, train, validation };
  const measure = (problem: SvmProblem, fitted: FittedSvm): Measured => {
    return { loss: fitted.loss, error: errorRate(problem, fitted, test) };
  };
  let [poisoned, control] = [clean, clean];
  const [attacked, flipped]: [Measured[], Measured[]] = [[], []];
  const startPoints = starts.map((index) => train.points[index]!);
  for (const start of startPoints) {
    const moved = ascend(poisoned, start, -ATTACKED, parameters);
    poisoned = moved.problem;
    attacked.push(measure(poisoned, moved.fitted));
    control = withPoint(control, start, -ATTACKED);
    flipped.push(measure(control, fitSvm(control)));
    tick();
  }
  return {
    clean: measure(clean, fitSvm(clean)),
    attacked,
    flipped,
    startPoints,
    attackPoints: poisoned.train.points.slice(train.points.length),
  };
}

/** Over the draws. */
export function meanOf(results: readonly Measured[]): Measured {
  const mean = (read: (result: Measured) => number): number =>
    results.reduce((sum, result) => sum + read(result), 0) / results.length;
  return { loss: mean(({ loss }) => loss), error: mean(({ error }) => error) };
}
