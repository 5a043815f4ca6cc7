import { expect, test } from 'vitest';
import { formatDiagnostics } from '../../lib/pipeline/format-diagnostic.ts';
import { selectTargets } from '../../lib/pipeline/select-targets.ts';
import { parsed } from './project.ts';

const pipeline = parsed(`
version: 1
params: { seed: 1 }
stages:
  fetch: { program: stages/a.ts, outputs: { data: dataset } }
  train: { program: stages/a.ts, matrix: { seed: [1, 2] }, inputs: { data: fetch.data }, outputs: { model: model } }
  sum: { program: stages/a.ts, inputs: { models: "train[*].model" }, outputs: { table: file } }
  apart: { program: stages/a.ts, outputs: { data: dataset } }
`);

function select(...targets: string[]): string[] | string {
  const selected = selectTargets(pipeline, targets);
  return selected.ok ? selected.value.map((instance) => instance.id) : formatDiagnostics(selected.error);
}

test('no target selects everything', () => {
  expect(select()).toEqual(pipeline.instances.map((instance) => instance.id));
});

test('a target brings what it needs, in the order of the pipeline', () => {
  const targets = [
    ['train'],
    ['train[seed=2]'],
    ['train[seed=1].model'],
    ['train[*].model'],
    ['sum.table'],
    ['apart', 'fetch'],
  ];
  expect(targets.map((target) => [target.join(' '), select(...target)])).toMatchInlineSnapshot(`
    [
      [
        "train",
        [
          "fetch",
          "train[seed=1]",
          "train[seed=2]",
        ],
      ],
      [
        "train[seed=2]",
        [
          "fetch",
          "train[seed=2]",
        ],
      ],
      [
        "train[seed=1].model",
        [
          "fetch",
          "train[seed=1]",
        ],
      ],
      [
        "train[*].model",
        [
          "fetch",
          "train[seed=1]",
          "train[seed=2]",
        ],
      ],
      [
        "sum.table",
        [
          "fetch",
          "train[seed=1]",
          "train[seed=2]",
          "sum",
        ],
      ],
      [
        "apart fetch",
        [
          "fetch",
          "apart",
        ],
      ],
    ]
  `);
});

test('unknown-target: all of them, with the nearest that is one', () => {
  expect(select('trian', 'fetch.dat', 'train[seed=3]', 'something else')).toMatchInlineSnapshot(`
    "error[unknown-target] "trian" is no stage, instance or output of pipeline.yaml.
      did you mean "train"?

    error[unknown-target] "fetch.dat" is no stage, instance or output of pipeline.yaml.
      did you mean "fetch.data"?

    error[unknown-target] "train[seed=3]" is no stage, instance or output of pipeline.yaml.
      did you mean "train[seed=1]"?

    error[unknown-target] "something else" is no stage, instance or output of pipeline.yaml.
      stages: fetch, train, sum, apart"
  `);
});
