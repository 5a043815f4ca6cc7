import { expect, test } from 'vitest';
import { errorsOf } from './project.ts';

test('unknown-input: stage, output, form', () => {
  const text = `
version: 1
stages:
  fetch:
    program: stages/a.ts
    outputs: { data: dataset, table.csv: file }
  pretrain:
    program: stages/a.ts
    inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
    outputs: { model: model }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:8:18 error[unknown-input] stage "pretrain" reads "fetch.dta", which no stage produces.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                       ~~~~~~~~~   did you mean "fetch.data"?  (stage "fetch", line 3)

    pipeline.yaml:8:32 error[unknown-input] stage "pretrain" reads "fetsh.data", which no stage produces.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                                     ~~~~~~~~~~   did you mean "fetch.data"?  (stage "fetch", line 3)

    pipeline.yaml:8:47 error[unknown-input] stage "pretrain": the input "c" reads "fetch", which is neither an output nor a path.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                                                    ~~~~~   did you mean "fetch.data"?  (stage "fetch", line 3)

    pipeline.yaml:8:57 error[unknown-input] stage "pretrain" reads "nothing.at.all", which no stage produces.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                                                              ~~~~~~~~~~~~~~   stages: fetch, pretrain

    pipeline.yaml:8:76 error[unknown-input] stage "pretrain" reads "fetch.table.cvs", which no stage produces.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                                                                                 ~~~~~~~~~~~~~~~   did you mean "fetch.table.csv"?  (stage "fetch", line 3)

    pipeline.yaml:8:96 error[unknown-input] stage "pretrain" reads "raw/seven.png", which no stage produces.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                                                                                                     ~~~~~~~~~~~~~   write "./raw/seven.png" for a file of the project

    pipeline.yaml:8:114 error[unknown-input] stage "pretrain" reads "fetch.model", which no stage produces.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                                                                                                                       ~~~~~~~~~~~   stage "fetch", line 3, makes data, table.csv

    pipeline.yaml:8:130 error[unknown-input] stage "pretrain" reads "fetsh[*].data", which no stage produces.
          inputs: { a: fetch.dta, b: fetsh.data, c: fetch, d: nothing.at.all, e: fetch.table.cvs, f: raw/seven.png, g: fetch.model, h: "fetsh[*].data" }
                                                                                                                                       ~~~~~~~~~~~~~~~   did you mean "fetch[*].data"?  (stage "fetch", line 3)"
  `);
});

test('unknown-input: silent about stages whose own fault is reported', () => {
  const text = `
version: 1
stages:
  fetch:
    program: stages/a.ts
    outputs: { data: nonsense }
  pretrain:
    program: stages/a.ts
    inputs: { data: fetch.data, other: "fetch[*].data" }
    outputs: { model: model }
  last:
    program: stages/a.ts
    timeout: soon
    inputs: { model: pretrain.model }
    outputs: { model: model }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:5:22 error[wrong-type] stage "fetch": "outputs.data" must be one of dataset, model, metrics, image, file, directory; found "nonsense".
          outputs: { data: nonsense }
                           ~~~~~~~~

    pipeline.yaml:12:14 error[bad-duration] stage "last": "soon" is not a duration.
          timeout: soon
                   ~~~~   days, hours, minutes and seconds, in this order, up to 24d: 90s, 15m, 2h, 1h30m"
  `);
});

test('unknown-input: no such instance', () => {
  const text = `
version: 1
params: { attack: { chosen: 7, count: 600 } }
stages:
  fetch:
    program: stages/a.ts
    outputs: { data: dataset }
  poison:
    program: stages/a.ts
    matrix: { attack.chosen: [3, 7], attack.count: [600, 1200] }
    outputs: { data: dataset }
  read:
    program: stages/a.ts
    inputs:
      a: poison[chosen=9,count=600].data
      b: poison[chosen=7].data
      c: fetch[chosen=7].data
      d: poison[].data
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:14:10 error[unknown-input] stage "read": "poison[chosen=9,count=600].data" names no instance: stage "poison" runs over chosen=3|7, count=600|1200.
            a: poison[chosen=9,count=600].data
               ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~   did you mean "poison[chosen=3,count=600].data"?

    pipeline.yaml:15:10 error[unknown-input] stage "read": "poison[chosen=7].data" names no instance: stage "poison" runs over chosen=3|7, count=600|1200.
            b: poison[chosen=7].data
               ~~~~~~~~~~~~~~~~~~~~~

    pipeline.yaml:16:10 error[unknown-input] stage "read": "fetch[chosen=7].data" names no instance: stage "fetch" has no matrix.
            c: fetch[chosen=7].data
               ~~~~~~~~~~~~~~~~~~~~   write fetch.data

    pipeline.yaml:17:10 error[unknown-input] stage "read": "poison[].data" names no instance: stage "poison" runs over chosen=3|7, count=600|1200.
            d: poison[].data
               ~~~~~~~~~~~~~"
  `);
});

test('fan-in-without-matrix', () => {
  const text = `
version: 1
stages:
  fetch: { program: stages/a.ts, outputs: { data: dataset } }
  read: { program: stages/a.ts, inputs: { all: "fetch[*].data" }, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:4:48 error[fan-in-without-matrix] stage "read": "fetch[*].data" collects instances, but stage "fetch" has no matrix.
        read: { program: stages/a.ts, inputs: { all: "fetch[*].data" }, outputs: { data: dataset } }
                                                     ~~~~~~~~~~~~~~~   write fetch.data"
  `);
});

test('cycle: its trail in the direction of the results', () => {
  const text = `
version: 1
stages:
  fetch: { program: stages/a.ts, inputs: { back: merge.data }, outputs: { data: dataset } }
  poison: { program: stages/a.ts, inputs: { data: fetch.data }, outputs: { data: dataset } }
  merge: { program: stages/a.ts, inputs: { clean: poison.data }, outputs: { data: dataset } }
  after: { program: stages/a.ts, inputs: { clean: merge.data, self: after.data }, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:50 error[cycle] stage "fetch": these stages wait on each other: fetch -> poison -> merge -> fetch.
        fetch: { program: stages/a.ts, inputs: { back: merge.data }, outputs: { data: dataset } }
                                                       ~~~~~~~~~~

    pipeline.yaml:6:69 error[cycle] stage "after": it reads its own output.
        after: { program: stages/a.ts, inputs: { clean: merge.data, self: after.data }, outputs: { data: dataset } }
                                                                          ~~~~~~~~~~"
  `);
});

test('missing-input, path-outside-project, path-in-store', () => {
  const text = `
version: 1
stages:
  read:
    program: stages/a.ts
    files: [../secrets/*.txt, /etc/passwd, "!../x"]
    inputs:
      absent: ./raw/eight.png
      above: ../outside.ts
      link: ./stages/outside.ts
      store: ./artifacts/view/a/data
      linked: ./raw/store/view
      all: ./
      good: ./raw/seven.png
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:5:13 error[path-outside-project] stage "read": "../secrets/*.txt" lies outside the project.
          files: [../secrets/*.txt, /etc/passwd, "!../x"]
                  ~~~~~~~~~~~~~~~~   files are relative to the folder of the pipeline file

    pipeline.yaml:5:31 error[path-outside-project] stage "read": "/etc/passwd" lies outside the project.
          files: [../secrets/*.txt, /etc/passwd, "!../x"]
                                    ~~~~~~~~~~~   files are relative to the folder of the pipeline file

    pipeline.yaml:5:44 error[path-outside-project] stage "read": "!../x" lies outside the project.
          files: [../secrets/*.txt, /etc/passwd, "!../x"]
                                                 ~~~~~~~   files are relative to the folder of the pipeline file

    pipeline.yaml:7:15 error[missing-input] stage "read": the input "absent": "./raw/eight.png" is not there.
            absent: ./raw/eight.png
                    ~~~~~~~~~~~~~~~   paths are relative to the folder of the pipeline file

    pipeline.yaml:8:14 error[path-outside-project] stage "read": the input "above": "../outside.ts" lies outside the project.
            above: ../outside.ts
                   ~~~~~~~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

    pipeline.yaml:9:13 error[path-outside-project] stage "read": the input "link": "./stages/outside.ts" lies outside the project.
            link: ./stages/outside.ts
                  ~~~~~~~~~~~~~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

    pipeline.yaml:10:14 error[path-in-store] stage "read": the input "store": "./artifacts/view/a/data" holds or lies in artifacts/, where results are kept.
            store: ./artifacts/view/a/data
                   ~~~~~~~~~~~~~~~~~~~~~~~   read a result as stage.output

    pipeline.yaml:11:15 error[path-in-store] stage "read": the input "linked": "./raw/store/view" holds or lies in artifacts/, where results are kept.
            linked: ./raw/store/view
                    ~~~~~~~~~~~~~~~~   read a result as stage.output

    pipeline.yaml:12:12 error[path-in-store] stage "read": the input "all": "./" holds or lies in artifacts/, where results are kept.
            all: ./
                 ~~   read a result as stage.output"
  `);
});

test('missing-program, unsupported-program, path-outside-project', () => {
  const text = `
version: 1
stages:
  a: { program: stages/c.ts, outputs: { data: dataset } }
  b: { program: tools/table.py, outputs: { data: dataset } }
  c: { program: ../outside.ts, outputs: { data: dataset } }
  d: { program: stages/outside.ts, outputs: { data: dataset } }
  e: { program: /bin/x.js, outputs: { data: dataset } }
  f: { program: tools/run.sh, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:17 error[missing-program] stage "a": the program "stages/c.ts" is not there.
        a: { program: stages/c.ts, outputs: { data: dataset } }
                      ~~~~~~~~~~~   paths are relative to the folder of the pipeline file

    pipeline.yaml:4:17 error[unsupported-program] stage "b": "tools/table.py" is not TypeScript or JavaScript (.ts, .mts, .js, .mjs, .cjs).
        b: { program: tools/table.py, outputs: { data: dataset } }
                      ~~~~~~~~~~~~~~   command: [python3, tools/table.py] and files: [tools/table.py]

    pipeline.yaml:5:17 error[path-outside-project] stage "c": the program "../outside.ts" lies outside the project.
        c: { program: ../outside.ts, outputs: { data: dataset } }
                      ~~~~~~~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

    pipeline.yaml:6:17 error[path-outside-project] stage "d": the program "stages/outside.ts" lies outside the project.
        d: { program: stages/outside.ts, outputs: { data: dataset } }
                      ~~~~~~~~~~~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

    pipeline.yaml:7:17 error[path-outside-project] stage "e": the program "/bin/x.js" lies outside the project.
        e: { program: /bin/x.js, outputs: { data: dataset } }
                      ~~~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

    pipeline.yaml:8:17 error[unsupported-program] stage "f": "tools/run.sh" is not TypeScript or JavaScript (.ts, .mts, .js, .mjs, .cjs).
        f: { program: tools/run.sh, outputs: { data: dataset } }
                      ~~~~~~~~~~~~   other programs: command: [tools/run.sh] and files: [tools/run.sh]"
  `);
});

test('unknown-placeholder', () => {
  const text = `
version: 1
stages:
  a: { program: stages/a.ts, outputs: { data: dataset } }
  b:
    command: [cat, "{inputs.dta}", "{outputs.tabel}", "{{inputs.free}}", "{other}", "{context}"]
    inputs: { data: a.data }
    outputs: { table: file }
  c:
    shell: cat {inputs.x} > {outputs.table}
    outputs: { table: file }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:5:21 error[unknown-placeholder] stage "b": "{inputs.dta}" names no input of the stage.
          command: [cat, "{inputs.dta}", "{outputs.tabel}", "{{inputs.free}}", "{other}", "{context}"]
                          ~~~~~~~~~~~~   did you mean "data"?

    pipeline.yaml:5:37 error[unknown-placeholder] stage "b": "{outputs.tabel}" names no output of the stage.
          command: [cat, "{inputs.dta}", "{outputs.tabel}", "{{inputs.free}}", "{other}", "{context}"]
                                          ~~~~~~~~~~~~~~~   did you mean "table"?

    pipeline.yaml:9:16 error[unknown-placeholder] stage "c": "{inputs.x}" names no input of the stage.
          shell: cat {inputs.x} > {outputs.table}
                     ~~~~~~~~~~   write {{inputs.x}} for the text {inputs.x} itself"
  `);
});

test('unknown-output and wrong-type: in show', () => {
  const text = `
version: 1
show: [a.data, a.tabel, a, ./raw, "a[x=1].table", "\${what}"]
stages:
  a: { program: stages/a.ts, outputs: { data: dataset, table: file } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:8 error[wrong-type] show: only outputs of kind file and metrics are text; "a.data" is of kind dataset.
      show: [a.data, a.tabel, a, ./raw, "a[x=1].table", "\${what}"]
             ~~~~~~

    pipeline.yaml:2:16 error[unknown-output] show: "a.tabel" is an output of no stage.
      show: [a.data, a.tabel, a, ./raw, "a[x=1].table", "\${what}"]
                     ~~~~~~~   did you mean "a.table"?  (stage "a", line 4)

    pipeline.yaml:2:25 error[unknown-output] show: "a" is not an output.
      show: [a.data, a.tabel, a, ./raw, "a[x=1].table", "\${what}"]
                              ~   did you mean "a.data"?  (stage "a", line 4)

    pipeline.yaml:2:28 error[unknown-output] show: "./raw" is not an output.
      show: [a.data, a.tabel, a, ./raw, "a[x=1].table", "\${what}"]
                                 ~~~~~   write stage.output

    pipeline.yaml:2:35 error[unknown-output] show: "a[x=1].table" names no instance: stage "a" has no matrix.
      show: [a.data, a.tabel, a, ./raw, "a[x=1].table", "\${what}"]
                                        ~~~~~~~~~~~~~~

    pipeline.yaml:2:51 error[unknown-param] show: there is no param "what".
      show: [a.data, a.tabel, a, ./raw, "a[x=1].table", "\${what}"]
                                                        ~~~~~~~~~"
  `);
});
