/** A support vector machine with one training point that an attacker moves, and what the validation loss says of each move. */
import { addKernelGradient, addOwnKernelGradient, kernelRow, type Kernel, type Point } from './kernel.ts';
import { trainSvm, type Signs, type Svm, type SvmOptions } from './smo.ts';
import { solve } from './solve.ts';

export interface Examples {
  readonly points: readonly Point[];
  readonly labels: Signs;
}

export interface SvmProblem {
  readonly kernel: Kernel;
  readonly options: SvmOptions;
  readonly train: Examples;
  readonly validation: Examples;
}

/** A trained machine, and the kernels that it and its gradient are computed from. */
export interface FittedSvm {
  readonly svm: Svm;
  /** k between training points. */
  readonly rows: readonly Float64Array[];
  /** k between each validation point (outer) and the training points. */
  readonly validationRows: readonly Float64Array[];
  /** Mean hinge loss max(0, 1 - y f(x)) of the validation points. */
  readonly loss: number;
}

/** `start`: see trainSvm. */
export function fitSvm(problem: SvmProblem, start?: Float64Array): FittedSvm {
  const { kernel, train, validation } = problem;
  const rows = train.points.map((point) => kernelRow(kernel, point, train.points));
  const validationRows = validation.points.map((point) => kernelRow(kernel, point, train.points));
  return fitWith(problem, rows, validationRows, start);
}

/** The machine after training point `moved` has taken another place, from the kernels and the solution of before. */
export function refitSvm(problem: SvmProblem, before: FittedSvm, moved: number): FittedSvm {
  const { kernel, train, validation } = problem;
  const point = train.points[moved]!;
  const row = kernelRow(kernel, point, train.points);
  const rows = before.rows.map((old, i) => (i === moved ? row : replaceAt(old, moved, row[i]!)));
  const column = kernelRow(kernel, point, validation.points);
  const validationRows = before.validationRows.map((old, k) => replaceAt(old, moved, column[k]!));
  return fitWith(problem, rows, validationRows, before.svm.alphas);
}

function fitWith(
  { options, train, validation }: SvmProblem,
  rows: readonly Float64Array[],
  validationRows: readonly Float64Array[],
  start: Float64Array | undefined,
): FittedSvm {
  const svm = trainSvm(rows, train.labels, options, start);
  const values = decide(svm, train.labels, validationRows);
  const loss = values.reduce((sum, f, k) => sum + Math.max(0, 1 - validation.labels[k]! * f), 0) / values.length;
  return { svm, rows, validationRows, loss };
}

/** f(x) for the points whose kernels with the training points are given. */
export function decide({ alphas, bias }: Svm, labels: Signs, rows: readonly Float64Array[]): Float64Array {
  return Float64Array.from(rows, (row) => row.reduce((sum, k, i) => sum + alphas[i]! * labels[i]! * k, bias));
}

/** Of examples, the fraction on the wrong side. */
export function errorRate({ kernel, train }: SvmProblem, { svm }: FittedSvm, examples: Examples): number {
  const rows = examples.points.map((point) => kernelRow(kernel, point, train.points));
  const values = decide(svm, train.labels, rows);
  return values.reduce((wrong, f, k) => wrong + (f * examples.labels[k]! > 0 ? 0 : 1), 0) / values.length;
}

/**
 * d loss / d x_c for training point x_c, exactly, as long as no point joins or leaves the margin: Biggio, Nelson and Laskov (2012),
 * equations 7 to 10. While x_c moves, the margin support vectors stay on their margin and y'a stays 0; these equations,
 *
 *     Q_ss da_s + y_s db = -r,  y_s' da_s = 0,
 *
 * where r is the change that the move itself makes on the margin, give da and db. They are solved once for the loss (the adjoint system)
 * instead of once for each pixel. Unlike the paper's equations these also hold when x_c itself lies on the margin, where its
 * own condition changes too. Without a margin support vector the bias is taken as constant.
 */
export function lossGradient({ kernel, train, validation }: SvmProblem, fitted: FittedSvm, c: number): Float64Array {
  const { svm, rows, validationRows } = fitted;
  const { alphas, margin } = svm;
  const { points, labels } = train;
  const moving = points[c]!;
  const gradient = new Float64Array(moving.length);
  if (alphas[c] === 0) return gradient;

  // d loss / d f(x_k): only points inside their margin count.
  const values = decide(svm, labels, validationRows);
  const slopes = values.map((f, k) => (validation.labels[k]! * f < 1 ? -validation.labels[k]! / values.length : 0));
  slopes.forEach((slope, k) => {
    addKernelGradient(kernel, validation.points[k]!, moving, slope * labels[c]! * alphas[c]!, gradient);
  });
  if (margin.length === 0) return gradient;

  const adjoint = solveMargin(rows, labels, margin, validationRows, slopes);
  margin.forEach((s, at) => {
    const weight = -adjoint[at]!;
    if (s !== c) {
      addKernelGradient(kernel, points[s]!, moving, weight * labels[s]! * labels[c]! * alphas[c]!, gradient);
      return;
    }
    points.forEach((other, j) => {
      if (j !== c) addKernelGradient(kernel, other, moving, weight * labels[c]! * labels[j]! * alphas[j]!, gradient);
    });
    addOwnKernelGradient(kernel, moving, weight * alphas[c]!, gradient);
  });
  return gradient;
}

/** [Q_ss y_s; y_s' 0] z = d loss / d (a_s, b). The matrix is symmetric, so that this is the adjoint system as well. */
function solveMargin(
  rows: readonly Float64Array[],
  labels: Signs,
  margin: readonly number[],
  validationRows: readonly Float64Array[],
  slopes: Float64Array,
): Float64Array {
  const matrix = margin.map((s) =>
    Float64Array.from([...margin.map((t) => labels[s]! * labels[t]! * rows[s]![t]!), labels[s]!]),
  );
  matrix.push(Float64Array.from([...margin.map((s) => labels[s]!), 0]));
  const right = margin.map(
    (s) => labels[s]! * slopes.reduce((sum, slope, k) => sum + slope * validationRows[k]![s]!, 0),
  );
  return solve(matrix, Float64Array.from([...right, slopes.reduce((sum, slope) => sum + slope, 0)]));
}

function replaceAt(row: Float64Array, index: number, value: number): Float64Array {
  const copy = Float64Array.from(row);
  copy[index] = value;
  return copy;
}
