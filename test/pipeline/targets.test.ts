import { expect, test } from 'vitest';
import { selectTargets } from '../../lib/pipeline/select-targets.ts';
import { errorsOf, parsed, type Choices } from './project.ts';

const STAGES = `
stages:
  fetch: { program: stages/a.ts, outputs: { data: dataset } }
  train: { program: stages/a.ts, matrix: { seed: [1, 2] }, inputs: { data: fetch.data }, outputs: { model: model } }
  sum: { program: stages/a.ts, inputs: { models: "train[*].model" }, outputs: { table: file } }
  apart: { program: stages/a.ts, outputs: { data: dataset } }
`;

function file(targets: string): string {
  return `version: 1
params: { seed: 1, only: [apart], none: [], number: 5, last: "train[seed=2]" }
profiles: { whole: { only: [sum, apart] } }
${targets}${STAGES}`;
}

function selected(targets: string, choices?: Choices, ...asked: string[]): string {
  const chosen = selectTargets(parsed(file(targets), choices), asked);
  return chosen.ok ? chosen.value.map(({ id }) => id).join(' ') : 'unknown';
}

test('the targets of the file are taken when none is asked for, with all that they need', () => {
  expect(selected('')).toBe('fetch train[seed=1] train[seed=2] sum apart');
  expect(selected('targets: [fetch]')).toBe('fetch');
  expect(selected('targets: ["train[seed=1]", apart.data]')).toBe('fetch train[seed=1] apart');
  expect(selected('targets: [fetch]', {}, 'apart')).toBe('apart');
});

test('a template in targets gives a name or a list of them, which a profile and --set change', () => {
  expect(selected('targets: "${only}"')).toBe('apart');
  expect(selected('targets: ["${only}", "${last}"]')).toBe('fetch train[seed=2] apart');
  expect(selected('targets: "${only}"', { profile: 'whole' })).toBe('fetch train[seed=1] train[seed=2] sum apart');
  expect(selected('targets: ["${last}"]', { set: ['last="train[seed=1]"'] })).toBe('fetch train[seed=1]');
});

test('unknown-target, unknown-param and wrong-type: in targets', () => {
  expect(errorsOf(file('targets: [trian, "train[seed=3]", fetch.modle, "${what}", "${number}"]')))
    .toMatchInlineSnapshot(`
    "pipeline.yaml:4:11 error[unknown-target] targets: "trian" is no stage, instance or output.
      targets: [trian, "train[seed=3]", fetch.modle, "\${what}", "\${number}"]
                ~~~~~   did you mean "train"?

    pipeline.yaml:4:18 error[unknown-target] targets: "train[seed=3]" is no stage, instance or output.
      targets: [trian, "train[seed=3]", fetch.modle, "\${what}", "\${number}"]
                       ~~~~~~~~~~~~~~~   did you mean "train[seed=1]"?

    pipeline.yaml:4:35 error[unknown-target] targets: "fetch.modle" is no stage, instance or output.
      targets: [trian, "train[seed=3]", fetch.modle, "\${what}", "\${number}"]
                                        ~~~~~~~~~~~   stages: fetch, train, sum, apart

    pipeline.yaml:4:48 error[unknown-param] targets: there is no param "what".
      targets: [trian, "train[seed=3]", fetch.modle, "\${what}", "\${number}"]
                                                     ~~~~~~~~~

    pipeline.yaml:4:59 error[wrong-type] targets: "\${number}" must give names of stages, instances or outputs; found 5.
      targets: [trian, "train[seed=3]", fetch.modle, "\${what}", "\${number}"]
                                                                ~~~~~~~~~~~"
  `);
  expect(errorsOf(file('targets: "${none}"'))).toMatchInlineSnapshot(`
    "pipeline.yaml:4:10 error[wrong-type] "targets" names nothing to run.
      targets: "\${none}"
               ~~~~~~~~~   leave out "targets" where everything is to run"
  `);
  expect(errorsOf(file('targets: fetch'))).toMatchInlineSnapshot(`
    "pipeline.yaml:4:10 error[wrong-type] "targets" must be a list of stages, such as [compare], or a template that gives one; found "fetch".
      targets: fetch
               ~~~~~"
  `);
  expect(errorsOf(file('targets: [5]'))).toMatchInlineSnapshot(`
    "pipeline.yaml:4:11 error[wrong-type] "targets": "[0]" must be a stage, an instance or an output, such as compare; found 5.
      targets: [5]
                ~"
  `);
});

test('a target whose stage is at fault is not reported a second time', () => {
  const text = `version: 1
targets: [a.data, b]
stages:
  a: { program: stages/a.ts, inputs: { x: c.data }, outputs: { data: file } }
  b: { program: stages/a.ts }
`;
  expect(errorsOf(text).match(/error\[[a-z-]+\]/g)).toEqual(['error[unknown-input]', 'error[missing-key]']);
});
