import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Digest } from '../../lib/base/digest.ts';
import { distanceTo, groupCells, readCells, type Target } from '../../stages/common/study/cells.ts';
import { judge, nearestTo } from '../../stages/common/study/claims.ts';
import { spreadOf } from '../../stages/common/study/spread.ts';
import { ARTIFACT, makeScratch, removeScratch, runStageProgram } from '../support/experiment-rig.ts';

const PAPER = { before: 99.25, total: 89.7, chosen: 43.2, others: 94.9, distortion: 3.56 };
const TARGET: Target = { before: 0.9925, total: 0.897, recall: 0.432, others: 0.949, distortion: 3.56 };
const READINGS = {
  V0: { training: 'scratch', name: 'no poison' },
  V1: { training: 'scratch' },
  V7: { training: 'continue-poison' },
};
const CASE = { target: TARGET, chosen: 7, poisons: 2500, trainedAnew: new Set(['V0', 'V1']) };

interface Row {
  readonly variant: string;
  readonly poisons: number;
  readonly seed: number;
  /** After training, percent. */
  readonly recall: number;
  readonly others: number;
}

const ROWS: readonly Row[] = [
  { variant: 'V0', poisons: 0, seed: 1, recall: 99, others: 99 },
  { variant: 'V1', poisons: 2500, seed: 1, recall: 99, others: 98 },
  { variant: 'V1', poisons: 2500, seed: 2, recall: 97, others: 98 },
  { variant: 'V7', poisons: 0, seed: 1, recall: 99, others: 99 },
  { variant: 'V7', poisons: 1000, seed: 1, recall: 95, others: 99 },
  { variant: 'V7', poisons: 2000, seed: 1, recall: 80, others: 98 },
  { variant: 'V7', poisons: 2500, seed: 1, recall: 46, others: 97 },
];

let scratch: string;
beforeAll(() => {
  scratch = makeScratch();
  mkdirSync(join(scratch, 'evaluations'));
});
afterAll(() => removeScratch(scratch));

/** As the stage evaluate writes them, one file a cell. */
function members(rows: readonly Row[]) {
  return rows.map(({ variant, poisons, seed, recall, others }) => {
    const label = `count=${poisons},seed=${seed},variant=${variant}`;
    const path = join(scratch, 'evaluations', `${label}.json`);
    const after = { total: 0.9, chosen: recall / 100, others: others / 100, isConstant: false };
    const evaluation = {
      variant,
      name: `name of ${variant}`,
      meaning: 'what is done',
      chosen: 7,
      poisons,
      before: { total: 0.993, chosen: 0.99, others: 0.993, isConstant: false },
      after,
      distortion: { unit: variant === 'V1' ? 2.5 : 2, pixel: 637.5 },
      trajectory:
        variant === 'V7'
          ? [
              { step: 0, chosen: 0.99, others: 0.993 },
              { step: 5, ...after },
            ]
          : [],
    };
    writeFileSync(path, JSON.stringify(evaluation));
    return {
      label,
      path,
      artifact: ARTIFACT as Digest,
      coordinates: { 'attack.variant': variant, 'attack.count': poisons, seed },
    };
  });
}

test('the spread over seeds is that of a sample, and there is none with one seed', () => {
  // Hand-computed: mean 3, squares 4 + 1 + 1 + 4 = 10, over n - 1 = 3.
  expect(spreadOf([1, 2, 4, 5])).toEqual({ mean: 3, deviation: Math.sqrt(10 / 3) });
  expect(spreadOf([0.5])).toEqual({ mean: 0.5, deviation: null });
});

test("cells with the same variant, class and N' are one group, whatever their order", () => {
  const groups = groupCells(readCells(members([...ROWS].reverse())));
  const literal = groups.find(({ variant }) => variant === 'V1');
  expect(literal).toMatchObject({ poisons: 2500, seeds: [2, 1], recall: { mean: 0.98 } });
  expect(literal?.recall.deviation).toBeCloseTo(Math.SQRT2 / 100, 12);
  expect(groups).toHaveLength(6);
  // (46 - 43.2, 97 - 94.9) is (2.8, 2.1), of length 3.5.
  expect(
    distanceTo(
      TARGET,
      groups.find(({ variant, poisons }) => variant === 'V7' && poisons === 2500)!,
    ),
  ).toBeCloseTo(3.5, 9);
  expect(nearestTo(groups, TARGET)?.poisons).toBe(2500);
});

test('a claim is judged by what was fixed before, and says by which numbers', () => {
  const claims = judge(groupCells(readCells(members(ROWS))), CASE);
  expect(claims.map(({ id, verdict, because }) => `${id} ${verdict}: ${because}`)).toMatchInlineSnapshot(`
    [
      "C1 reproduced: M 99.3 %, paper 99.3 %; 0.5 points are allowed",
      "C2 not reproduced: literal reading V1 98.0 ± 1.4 / 98.0 ± 0.0; nearest V7 46.0 / 97.0, 3.5 points away; paper 43.2 / 94.9",
      "C3 reproduced: V7: 0: 99.0, 1000: 95.0, 2000: 80.0, 2500: 46.0; -4.0 points from 0 to 1000, -49.0 points from 1000 to 2500",
      "C4 undetermined: one dataset cannot say",
      "C5 not reproduced: L2 2.50 in unit scale, paper 3.56; 10 % are allowed",
      "C6 not reproduced: V7 others -2.3 points; 1 is allowed",
      "C7 undetermined: for eyes to judge: see the sample grids",
      "C8 undetermined: judged by \`assay audit\`, not by accuracies",
    ]
  `);
});

test('a fall that slows down, and one that turns, are not the claimed one', () => {
  const sweep = (recalls: readonly number[]) =>
    judge(
      groupCells(
        readCells(
          members(recalls.map((recall, i) => ({ variant: 'V7', poisons: 1000 * i, seed: 1, recall, others: 99 }))),
        ),
      ),
      CASE,
    ).find(({ id }) => id === 'C3')?.verdict;
  expect(sweep([99, 95, 80, 46])).toBe('reproduced');
  expect(sweep([99, 50, 47, 46])).toBe('not reproduced');
  expect(sweep([99, 95, 30, 46])).toBe('not reproduced');
  expect(sweep([99, 98, 97, 96])).toBe('not reproduced');
  expect(sweep([99, 46])).toBe('undetermined');
});

test('what trains M further is held against M, what trains it anew against such a training without poison', () => {
  const others = (variant: string, others: number) =>
    judge(
      groupCells(
        readCells(
          members([
            { variant: 'V0', poisons: 0, seed: 1, recall: 97, others: 95 },
            { variant, poisons: 2500, seed: 1, recall: 50, others },
          ]),
        ),
      ),
      CASE,
    ).find(({ id }) => id === 'C6');
  // M has 99.3 %, V0 95 %.
  expect(others('V7', 98.5)).toMatchObject({ verdict: 'reproduced', because: 'V7 others -0.8 points; 1 is allowed' });
  expect(others('V7', 95)).toMatchObject({ verdict: 'not reproduced', because: 'V7 others -4.3 points; 1 is allowed' });
  expect(others('V1', 94.5)).toMatchObject({ verdict: 'reproduced', because: 'V1 others -0.5 points; 1 is allowed' });
});

test('the stage writes tables, figures and numbers', async () => {
  const run = await runStageProgram(scratch, 'study', {
    stage: 'study',
    params: { 'attack.chosen': 7, 'attack.count': 2500, paper: PAPER, readings: READINGS },
    inputs: { evaluations: { members: members(ROWS) } },
    outputs: { 'tables.md': 'file', 'growth.svg': 'image', 'trajectories.svg': 'image', metrics: 'metrics' },
  });
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(readFileSync(run.output('tables.md'), 'utf8')).toMatchInlineSnapshot(`
    "## Every reading beside the paper

    Chosen class 7, N' = 2500. Percent of the test data; mean and, with several seeds, sample deviation.

    |  | reading | total | chosen | others | L2 | points from the paper | seeds |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | paper | Table 4 | 89.7 | 43.2 | 94.9 | 3.56 | 0 |  |
    | V7 | name of V7 | 90.0 | 46.0 | 97.0 | 2.00 | 3.5 | 1 |
    | V1 | name of V1 | 90.0 ± 0.0 | 98.0 ± 1.4 | 98.0 ± 0.0 | 2.50 | 54.9 | 2 |
    | V0 | name of V0 | 90.0 | 99.0 | 99.0 | 2.00 | 56.0 | 1 |

    ## Accuracy of the chosen class as N' grows (Figure 2)

    | N' | V7 chosen | others |
    | --- | --- | --- |
    | 0 | 99.0 | 99.0 |
    | 1000 | 95.0 | 99.0 |
    | 2000 | 80.0 | 98.0 |
    | 2500 | 46.0 | 97.0 |

    ## Other classes

    No other class was chosen.

    ## Claims

    |  | claim | verdict | because |
    | --- | --- | --- | --- |
    | C1 | accuracy before | reproduced | M 99.3 %, paper 99.3 %; 0.5 points are allowed |
    | C2 | Table 4: chosen class and others after | not reproduced | literal reading V1 98.0 ± 1.4 / 98.0 ± 0.0; nearest V7 46.0 / 97.0, 3.5 points away; paper 43.2 / 94.9 |
    | C3 | chosen-class accuracy falls with N', and faster as N' grows | reproduced | V7: 0: 99.0, 1000: 95.0, 2000: 80.0, 2500: 46.0; -4.0 points from 0 to 1000, -49.0 points from 1000 to 2500 |
    | C4 | MNIST and Fashion-MNIST fall faster than CIFAR-10 | undetermined | one dataset cannot say |
    | C5 | mean distortion of the poison | not reproduced | L2 2.50 in unit scale, paper 3.56; 10 % are allowed |
    | C6 | the remaining classes are maintained | not reproduced | V7 others -2.3 points; 1 is allowed |
    | C7 | the noise is hard to see | undetermined | for eyes to judge: see the sample grids |
    | C8 | counts and hashes of the data defend | undetermined | judged by \`assay audit\`, not by accuracies |
    "
  `);
  for (const figure of ['growth.svg', 'trajectories.svg']) {
    const svg = readFileSync(run.output(figure), 'utf8');
    expect(svg.startsWith('<svg ')).toBe(true);
    expect(svg).toMatch(/class 7, %/);
  }
  const { cells, groups } = run.json('metrics');
  expect(cells).toHaveLength(ROWS.length);
  expect(cells[1]).toEqual({
    variant: 'V1',
    chosen: 7,
    poisons: 2500,
    seed: 1,
    total: 0.9,
    recall: 0.99,
    others: 0.98,
  });
  expect(groups.map(({ pointsFromPaper }: { pointsFromPaper: number }) => pointsFromPaper.toFixed(1))).toEqual([
    '56.0',
    '54.9',
    '56.0',
    '52.0',
    '36.9',
    '3.5',
  ]);
});
