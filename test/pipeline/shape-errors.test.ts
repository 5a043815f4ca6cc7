import { expect, test } from 'vitest';
import { errorsOf } from './project.ts';

test('empty-pipeline: an empty file', () => {
  const text = '';
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:1:1 error[empty-pipeline] the pipeline declares no stage.
      stages: { name: { program: …, outputs: … } }"
  `);
});

test('empty-pipeline: no stages', () => {
  const text = `
version: 1
stages: {}
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:1 error[empty-pipeline] the pipeline declares no stage.
      stages: {}
      ~~~~~~   stages: { name: { program: …, outputs: … } }"
  `);
});

test('unsupported-version', () => {
  const text = `
version: 2
stages:
  a: { programme: x }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:1:10 error[unsupported-version] this Assay reads version 1 of pipeline files, not version 2.
      version: 2
               ~   version: 1"
  `);
});

test('missing-key: version and stages', () => {
  const text = `
params: { seed: 1 }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:1:1 error[missing-key] "version" is missing.
      params: { seed: 1 }
      ~~~~~~~~~~~~~~~~~~~   it is 1

    pipeline.yaml:1:1 error[missing-key] "stages" is missing.
      params: { seed: 1 }
      ~~~~~~~~~~~~~~~~~~~   it is a map of stage name to stage"
  `);
});

test('wrong-type: the file is a list', () => {
  const text = `
- version: 1
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:1:1 error[wrong-type] the pipeline must be a map with version and stages; found a list.
      - version: 1
      ~~~~~~~~~~~~"
  `);
});

test('missing-key: outputs, and what a stage runs', () => {
  const text = `
version: 1
stages:
  a:
    program: stages/a.ts
  b:
    outputs: { data: dataset }
  c:
    program: stages/a.ts
    outputs: {}
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:3 error[missing-key] stage "a": "outputs" is missing.
        a:
        ~   it is a map of output name to kind

    pipeline.yaml:5:3 error[missing-key] stage "b": nothing says what it runs; give "program", "command" or "shell".
        b:
        ~   program: stages/name.ts, or command: [python3, tools/name.py]

    pipeline.yaml:9:5 error[missing-key] stage "c": it declares no output.
          outputs: {}
          ~~~~~~~   outputs: { name: file }"
  `);
});

test('unknown-key: the nearest known one is offered', () => {
  const text = `
version: 1
stage: {}
stages:
  pretrain:
    program: stages/a.ts
    ouputs: { data: dataset }
    outputs: { data: dataset }
    resources: { cpu: 2, memory: 10 }
    expect: { data: { add: 1 } }
    colour: red
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:1 error[unknown-key] unknown key "stage".
      stage: {}
      ~~~~~   did you mean "stages"?

    pipeline.yaml:6:5 error[unknown-key] stage "pretrain": unknown key "ouputs".
          ouputs: { data: dataset }
          ~~~~~~   did you mean "outputs"?

    pipeline.yaml:8:18 error[unknown-key] stage "pretrain": unknown key "cpu".
          resources: { cpu: 2, memory: 10 }
                       ~~~   did you mean "cpus"?

    pipeline.yaml:8:26 error[unknown-key] stage "pretrain": unknown key "memory".
          resources: { cpu: 2, memory: 10 }
                               ~~~~~~   did you mean "memoryMb"?

    pipeline.yaml:9:23 error[unknown-key] stage "pretrain": unknown key "add".
          expect: { data: { add: 1 } }
                            ~~~   did you mean "added"?

    pipeline.yaml:10:5 error[unknown-key] stage "pretrain": unknown key "colour".
          colour: red
          ~~~~~~   known keys: program, command, shell, matrix, params, unkeyed, inputs, outputs, files, env, resources, timeout, retries, expect"
  `);
});

test('wrong-type: every entry in the words of the file', () => {
  const text = `
version: 1
show: summarise.table
profiles: [mnist]
stages:
  a:
    program: [stages/a.ts]
    params: seed
    inputs: { data: 7 }
    outputs: { data: datset, model: 3 }
    files: [3]
    env: [A-B, 3]
    resources: { cpus: 0, memoryMb: 1.5, gpus: many }
    timeout: 90
    retries: -1
    matrix: { seed: 5 }
    expect: { data: { added: few, digest: 7, classes: [1] } }
  b:
    command: []
    inputs:
    outputs: { data: dataset }
    expect: 5
  c: fetch
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:7 error[wrong-type] "show" must be a list of stage.output; found "summarise.table".
      show: summarise.table
            ~~~~~~~~~~~~~~~

    pipeline.yaml:3:11 error[wrong-type] "profiles" must be a map of profile name to params; found a list.
      profiles: [mnist]
                ~~~~~~~

    pipeline.yaml:6:14 error[wrong-type] stage "a": "program" must be the path of a program in the project; found a list.
          program: [stages/a.ts]
                   ~~~~~~~~~~~~~

    pipeline.yaml:7:13 error[wrong-type] stage "a": "params" must be a list of param paths, such as [attack, seed]; found "seed".
          params: seed
                  ~~~~

    pipeline.yaml:8:21 error[wrong-type] stage "a": "inputs.data" must be a reference such as fetch.data, or ./path; found 7.
          inputs: { data: 7 }
                          ~

    pipeline.yaml:9:22 error[wrong-type] stage "a": "outputs.data" must be one of dataset, model, metrics, image, file, directory; found "datset".
          outputs: { data: datset, model: 3 }
                           ~~~~~~   did you mean "dataset"?

    pipeline.yaml:9:37 error[wrong-type] stage "a": "outputs.model" must be one of dataset, model, metrics, image, file, directory; found 3.
          outputs: { data: datset, model: 3 }
                                          ~

    pipeline.yaml:10:13 error[wrong-type] stage "a": "files[0]" must be a path or glob such as tools/*.py; found 3.
          files: [3]
                  ~

    pipeline.yaml:11:11 error[wrong-type] stage "a": "env[0]" must be the name of a variable, such as PYTHONHASHSEED; found "A-B".
          env: [A-B, 3]
                ~~~

    pipeline.yaml:11:16 error[wrong-type] stage "a": "env[1]" must be the name of a variable; found 3.
          env: [A-B, 3]
                     ~

    pipeline.yaml:12:24 error[wrong-type] stage "a": "resources.cpus" must be a whole number of at least 1, or a template; found 0.
          resources: { cpus: 0, memoryMb: 1.5, gpus: many }
                             ~

    pipeline.yaml:12:37 error[wrong-type] stage "a": "resources.memoryMb" must be a whole number of at least 0, or a template; found 1.5.
          resources: { cpus: 0, memoryMb: 1.5, gpus: many }
                                          ~~~

    pipeline.yaml:12:48 error[wrong-type] stage "a": "resources.gpus" must be a whole number of at least 0, or a template; found "many".
          resources: { cpus: 0, memoryMb: 1.5, gpus: many }
                                                     ~~~~

    pipeline.yaml:13:14 error[wrong-type] stage "a": "timeout" must be a duration such as 90s, 15m or 1h30m; found 90.
          timeout: 90
                   ~~

    pipeline.yaml:14:14 error[wrong-type] stage "a": "retries" must be a whole number of at least 0, or a template; found -1.
          retries: -1
                   ~~

    pipeline.yaml:15:21 error[wrong-type] stage "a": "matrix.seed" must be a list of texts, numbers or booleans, or a template that gives one; found 5.
          matrix: { seed: 5 }
                          ~

    pipeline.yaml:16:30 error[wrong-type] stage "a": "expect.data.added" must be a whole number of at least 0, or a template; found "few".
          expect: { data: { added: few, digest: 7, classes: [1] } }
                                   ~~~

    pipeline.yaml:16:43 error[wrong-type] stage "a": "expect.data.digest" must be a digest: sha256: and 64 hex digits; found 7.
          expect: { data: { added: few, digest: 7, classes: [1] } }
                                                ~

    pipeline.yaml:16:55 error[wrong-type] stage "a": "expect.data.classes" must be a map of class label to number of records; found a list.
          expect: { data: { added: few, digest: 7, classes: [1] } }
                                                            ~~~

    pipeline.yaml:18:14 error[wrong-type] stage "b": "command" must be a list: the program and its arguments; found an empty list.
          command: []
                   ~~

    pipeline.yaml:19:12 error[wrong-type] stage "b": "inputs" must be a map of input name to stage.output or ./path; found nothing.
          inputs:
                 ~

    pipeline.yaml:21:13 error[wrong-type] stage "b": "expect" must be a map of output name to what is expected; found 5.
          expect: 5
                  ~

    pipeline.yaml:22:6 error[wrong-type] stage "c": it must be a map with program, command or shell, and outputs; found "fetch".
        c: fetch
           ~~~~~"
  `);
});

test('bad-name: stages, inputs, outputs, profiles, params', () => {
  const text = `
version: 1
params: { a.b: 1, "c d": 2, ok: { "\${x}": 1 } }
profiles: { 2nd: {} }
stages:
  a:
    program: stages/a.ts
    inputs: { my data: a.x }
    outputs: { ../x: dataset }
  1st:
    program: stages/a.ts
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:13 error[bad-name] the profile name "2nd" must start with a letter and hold at most 64 letters, digits, "_" and "-".
      profiles: { 2nd: {} }
                  ~~~

    pipeline.yaml:7:15 error[bad-name] stage "a": the input name "my data" must start with a letter and hold at most 64 letters, digits, "_" and "-".
          inputs: { my data: a.x }
                    ~~~~~~~

    pipeline.yaml:8:16 error[bad-name] stage "a": the output name "../x" must start with a letter and hold at most 64 letters, digits, "_" and "-", with single dots between.
          outputs: { ../x: dataset }
                     ~~~~

    pipeline.yaml:9:3 error[bad-name] the stage name "1st" must start with a letter and hold at most 64 letters, digits, "_" and "-".
        1st:
        ~~~"
  `);
});

test('bad-name: a key that JavaScript would lose', () => {
  const text = `
version: 1
stages:
  __proto__: { program: stages/a.ts, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:3 error[bad-name] no key may be called "__proto__".
        __proto__: { program: stages/a.ts, outputs: { data: dataset } }
        ~~~~~~~~~"
  `);
});

test('conflicting-keys: two programs; a param keyed and unkeyed', () => {
  const text = `
version: 1
params: { mirror: { url: x }, tree: { seed: 1 }, free: 1 }
stages:
  a:
    program: stages/a.ts
    shell: "true"
    params: [mirror]
    matrix: { tree.seed: [1, 2], free: [1, 2] }
    unkeyed: [mirror.url, tree, free]
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:6:5 error[conflicting-keys] stage "a": "program" and "shell" both say what it runs; keep one.
          shell: "true"
          ~~~~~

    pipeline.yaml:9:15 error[conflicting-keys] stage "a": "mirror.url" is unkeyed, but params names "mirror".
          unkeyed: [mirror.url, tree, free]
                    ~~~~~~~~~~   name it in one of the two

    pipeline.yaml:9:27 error[conflicting-keys] stage "a": "tree" is unkeyed, but matrix names "tree.seed".
          unkeyed: [mirror.url, tree, free]
                                ~~~~   name it in one of the two"
  `);
});
