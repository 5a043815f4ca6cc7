import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addKernelGradient,
  kernelRow,
  kernelValue,
  type Kernel,
  type Point,
} from '../../../stages/common/baselines/svm/kernel.ts';
import { ascend, withPoint } from '../../../stages/common/baselines/svm/ascent.ts';
import { attackDraw } from '../../../stages/common/baselines/svm/attack-draw.ts';
import { decide, fitSvm, lossGradient, type SvmProblem } from '../../../stages/common/baselines/svm/poisoned-svm.ts';
import { trainSvm } from '../../../stages/common/baselines/svm/smo.ts';
import { solve } from '../../../stages/common/baselines/svm/solve.ts';
import { drawTwoClasses, testExamples } from '../../../stages/common/baselines/svm/two-classes.ts';
import { makeGlyphs } from '../../../stages/common/glyphs/glyphs.ts';
import type { SvmParameters } from '../../../stages/common/parameters/svm.ts';
import { stream } from '../../../stages/common/rng.ts';

const LINEAR: Kernel = { kind: 'linear' };
const RBF: Kernel = { kind: 'rbf', gamma: 1 };
const point = (...coordinates: number[]): Point => Float64Array.from(coordinates);
const rowsOf = (kernel: Kernel, points: readonly Point[]) => points.map((each) => kernelRow(kernel, each, points));

/** Two overlapping clouds in the unit square, as many to validate on, labels alternating. */
function clouds(kernel: Kernel, c: number, count: number, seed = 1): SvmProblem {
  const rng = stream(seed, 'clouds');
  const examples = (size: number) => ({
    points: Array.from({ length: size }, (_, i) =>
      Float64Array.from({ length: 3 }, () => 0.5 + 0.12 * rng.normal() + (i % 2 === 0 ? 0.1 : -0.1)),
    ),
    labels: Int8Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 1 : -1)),
  });
  return { kernel, options: { c, tolerance: 1e-11 }, train: examples(count), validation: examples(40) };
}

describe('the support vector machine', () => {
  test('two points, by hand: the widest margin, or as much of it as C allows', () => {
    const rows = rowsOf(LINEAR, [point(0), point(1)]);
    const labels = Int8Array.of(-1, 1);
    // f(x) = 2x - 1 puts both on their margin; w = sum of alpha y x = alpha_2.
    const wide = trainSvm(rows, labels, { c: 10, tolerance: 1e-12 });
    expect([...wide.alphas, wide.bias]).toEqual([2, 2, -1]);
    expect(wide.margin).toEqual([0, 1]);
    const held = trainSvm(rows, labels, { c: 0.5, tolerance: 1e-12 });
    expect([...held.alphas, held.bias]).toEqual([0.5, 0.5, -0.25]);
    expect(held.margin).toEqual([]);
  });

  test('exclusive or with an RBF kernel, by hand', () => {
    const points = [point(0, 0), point(1, 1), point(0, 1), point(1, 0)];
    const { alphas, bias } = trainSvm(rowsOf(RBF, points), Int8Array.of(1, 1, -1, -1), { c: 10, tolerance: 1e-12 });
    // By symmetry all alphas are equal, and alpha (1 + e^-2 - 2 e^-1) = 1.
    const expected = 1 / (1 - Math.exp(-1)) ** 2;
    alphas.forEach((alpha) => expect(alpha).toBeCloseTo(expected, 9));
    expect(bias).toBeCloseTo(0, 9);
  });

  test.each([
    ['linear', LINEAR],
    ['rbf', RBF],
  ] as const)('%s: the KKT conditions hold to 1e-9 on any two clouds', (_, kernel) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0.1, 1, 30), (seed, c) => {
        const { train } = clouds(kernel, c, 40, seed);
        const rows = rowsOf(kernel, train.points);
        const svm = trainSvm(rows, train.labels, { c, tolerance: 1e-10 });
        expect(Math.abs(svm.alphas.reduce((sum, alpha, i) => sum + alpha * train.labels[i]!, 0))).toBeLessThan(1e-9);
        decide(svm, train.labels, rows).forEach((f, i) => {
          const [alpha, lead] = [svm.alphas[i]!, f * train.labels[i]! - 1];
          expect(alpha >= 0 && alpha <= c).toBe(true);
          if (alpha < c) expect(lead).toBeGreaterThan(-1e-9);
          if (alpha > 0) expect(lead).toBeLessThan(1e-9);
        });
      }),
      { numRuns: 25 },
    );
  });

  test('from the solution of another problem it comes to the same solution', () => {
    const { train, options } = clouds(RBF, 1, 40);
    const cold = trainSvm(rowsOf(RBF, train.points), train.labels, options);
    const moved = train.points.with(3, point(0.9, 0.1, 0.5));
    const warm = trainSvm(rowsOf(RBF, moved), train.labels, options, cold.alphas);
    const fresh = trainSvm(rowsOf(RBF, moved), train.labels, options);
    warm.alphas.forEach((alpha, i) => expect(alpha).toBeCloseTo(fresh.alphas[i]!, 7));
    expect(warm.bias).toBeCloseTo(fresh.bias, 7);
  });
});

test('svm-unsettled: after too many steps', () => {
  const { train, options } = clouds(LINEAR, 1000, 40);
  const rows = rowsOf(LINEAR, train.points);
  expect(() => trainSvm(rows, train.labels, { ...options, maxSteps: 20 })).toThrowErrorMatchingInlineSnapshot(
    `[StageError: a support vector machine with C = 1000 did not settle in 20 steps.]`,
  );
});

test('a linear system is solved, also one that leaves an unknown open', () => {
  const [a, b, c] = solve(
    [
      [0, 2, 1],
      [1, 1, 0],
      [3, 0, -1],
    ].map((row) => Float64Array.from(row)),
    Float64Array.of(7, 3, 0),
  );
  expect([a, b, c].map((x) => Math.round(x! * 1e9) / 1e9)).toEqual([1, 2, 3]);
  const [x, y] = solve([Float64Array.of(1, 1), Float64Array.of(2, 2)], Float64Array.of(3, 6));
  expect(x! + y!).toBeCloseTo(3, 12);
});

test.each([
  ['linear', LINEAR],
  ['rbf', RBF],
] as const)('%s: the derivative of the kernel agrees with finite differences', (_, kernel) => {
  const [fixed, moving] = [point(0.2, 0.7), point(0.4, 0.1)];
  const gradient = new Float64Array(2);
  addKernelGradient(kernel, fixed, moving, 3, gradient);
  gradient.forEach((g, i) => {
    const at = (delta: number) => kernelValue(kernel, fixed, moving.with(i, moving[i]! + delta));
    expect((3 * (at(1e-6) - at(-1e-6))) / 2e-6).toBeCloseTo(g, 7);
  });
});

describe('the gradient of the validation loss with respect to a training point', () => {
  const cases = [
    ['linear', LINEAR, 1],
    ['linear', LINEAR, 30],
    ['rbf', RBF, 1],
    ['rbf', RBF, 30],
  ] as const;

  test.each(cases)('%s kernel, C = %s: agrees with finite differences of machines trained anew', (_, kernel, c) => {
    const problem = clouds(kernel, c, 30);
    const fitted = fitSvm(problem);
    const isBound = (i: number) => fitted.svm.alphas[i] === c;
    const onMargin = fitted.svm.margin[0]!;
    const atBound = [...fitted.svm.alphas.keys()].find(isBound)!;
    for (const moved of [onMargin, atBound]) {
      const gradient = lossGradient(problem, fitted, moved);
      const scale = Math.hypot(...gradient);
      expect(scale).toBeGreaterThan(1e-4);
      gradient.forEach((g, i) => {
        const lossAt = (delta: number) => {
          const next = problem.train.points[moved]!.with(i, problem.train.points[moved]![i]! + delta);
          const { loss, svm } = fitSvm({
            ...problem,
            train: { ...problem.train, points: problem.train.points.with(moved, next) },
          });
          // The gradient holds between two changes of the margin.
          expect(svm.margin).toEqual(fitted.svm.margin);
          return loss;
        };
        expect((lossAt(1e-6) - lossAt(-1e-6)) / 2e-6 / scale).toBeCloseTo(g / scale, 4);
      });
    }
  });

  test('off the margin it is what equations 7 to 10 of the paper give', () => {
    const problem = clouds(RBF, 1, 30);
    const { svm, rows, validationRows } = fitSvm(problem);
    const { points, labels } = problem.train;
    const moved = [...svm.alphas.keys()].find((i) => svm.alphas[i] === 1)!;
    const s = svm.margin;
    const qss = s.map((i) => Float64Array.from(s, (j) => labels[i]! * labels[j]! * rows[i]![j]!));
    const ys = Float64Array.from(s, (i) => labels[i]!);
    const upsilon = solve(qss, ys);
    const zeta = upsilon.reduce((sum, u, i) => sum + u * ys[i]!, 0);
    const expected = new Float64Array(3);
    const values = decide(svm, labels, validationRows);
    problem.validation.points.forEach((x, k) => {
      const yk = problem.validation.labels[k]!;
      if (yk * values[k]! >= 1) return;
      const qks = Float64Array.from(s, (i) => yk * labels[i]! * validationRows[k]![i]!);
      // M_k = -1/zeta (Q_ks (zeta Q_ss^-1 - u u') + y_k u')
      const along = qks.reduce((sum, q, i) => sum + q * upsilon[i]!, 0);
      const m = solve(qss, qks).map((z, i) => -(zeta * z - along * upsilon[i]! + yk * upsilon[i]!) / zeta);
      // d L = -(M_k dQ_sc + dQ_kc) alpha_c, where g_k = y_k f_k - 1 is what the loss falls with.
      s.forEach((i, at) =>
        addKernelGradient(RBF, points[i]!, points[moved]!, -m[at]! * labels[i]! * labels[moved]!, expected),
      );
      addKernelGradient(RBF, x, points[moved]!, -yk * labels[moved]!, expected);
    });
    const gradient = lossGradient(problem, { svm, rows, validationRows, loss: 0 }, moved);
    gradient.forEach((g, i) => expect(g).toBeCloseTo(expected[i]! / values.length, 9));
  });

  test('is nothing for a point that is no support vector', () => {
    const problem = clouds(LINEAR, 1, 30);
    const fitted = fitSvm(problem);
    const idle = [...fitted.svm.alphas.keys()].find((i) => fitted.svm.alphas[i] === 0)!;
    expect([...lossGradient(problem, fitted, idle)]).toEqual([0, 0, 0]);
  });
});

const PARAMETERS: SvmParameters = {
  kernel: 'linear',
  classes: [7, 1],
  training: 60,
  validation: 140,
  c: 1,
  gamma: 0.01,
  points: 2,
  step: 1,
  iterations: 25,
  draws: 1,
};

describe('the attack', () => {
  const train = makeGlyphs(1, 'train', 1000);
  const testRecords = testExamples(makeGlyphs(1, 'test', 500), [7, 1]);

  test.each(['linear', 'rbf'] as const)(
    '%s: a moved point raises the loss more than the same point with a wrong label alone, a second one further',
    (kernel) => {
      const parameters = { ...PARAMETERS, kernel };
      const drawn = drawTwoClasses(train, parameters, 1, 0);
      const { clean, attacked, flipped, attackPoints } = attackDraw(drawn, testRecords, parameters);
      const [one, two] = attacked;
      expect(one!.loss - clean.loss).toBeGreaterThan(2 * (flipped[0]!.loss - clean.loss));
      expect(two!.loss).toBeGreaterThan(one!.loss);
      expect(two!.error).toBeGreaterThan(flipped[1]!.error);
      expect(attackPoints.every((each) => each.every((x) => x >= 0 && x <= 1))).toBe(true);
    },
  );

  test('one point of 61 multiplies the error of a linear machine', () => {
    const drawn = drawTwoClasses(train, PARAMETERS, 1, 0);
    const { clean, attacked } = attackDraw(drawn, testRecords, { ...PARAMETERS, points: 1 });
    expect(attacked[0]!.error).toBeGreaterThan(1.5 * clean.error);
  });

  test('climbs: each kept step raises the loss', () => {
    const { train: examples, validation, starts } = drawTwoClasses(train, PARAMETERS, 1, 0);
    const problem: SvmProblem = { kernel: LINEAR, options: { c: 1, tolerance: 1e-10 }, train: examples, validation };
    const start = examples.points[starts[0]!]!;
    const { losses, problem: poisoned } = ascend(problem, start, -1, PARAMETERS);
    expect(losses.length).toBeGreaterThan(3);
    losses.slice(1).forEach((loss, i) => expect(loss).toBeGreaterThan(losses[i]!));
    expect(losses[0]).toBe(fitSvm(withPoint(problem, start, -1)).loss);
    expect(poisoned.train.points.slice(0, -1)).toEqual(examples.points);
  });

  test('parameter-invalid: more examples to train on than there are', () => {
    expect(() => drawTwoClasses(train, { ...PARAMETERS, training: 200 }, 1, 0)).toThrowErrorMatchingInlineSnapshot(
      `[StageError: parameter svm.training is 200; allowed: below 200, the training records of classes 7 and 1]`,
    );
  });
});
