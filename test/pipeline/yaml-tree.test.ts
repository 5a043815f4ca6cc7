import { expect, test } from 'vitest';
import { errorsOf } from './project.ts';

test('yaml-syntax: each fault in its place', () => {
  const text = `
version: 1
stages: { a: [1, 2
params: {}
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:1 error[yaml-syntax] a list or map is not closed with "]" before this line.
      params: {}
      ~   close it, or indent this line"
  `);
});

test('yaml-syntax: a tab that indents', () => {
  const text = `
version: 1
stages:
	a: {}
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:1 error[yaml-syntax] a tab indents this line.
      	a: {}
      ~   YAML indents with spaces"
  `);
});

test('yaml-syntax: a second document', () => {
  const text = `
version: 1
---
version: 1
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:1 error[yaml-syntax] a second document starts here.
      ---
      ~~~   keep one document: remove the "---""
  `);
});

test('yaml-syntax: text with a colon that is not quoted', () => {
  const text = `
version: 1
notes: { fast: a: b }
stages: {}
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:16 error[yaml-syntax] a "key:" stands inside the value of another.
      notes: { fast: a: b }
                     ~~~~~   quote a text that holds ": ""
  `);
});

test('yaml-syntax: a tag', () => {
  const text = `
version: !int 1
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:1:10 error[yaml-syntax] this tag has no meaning here.
      version: !int 1
               ~~~~   remove it"
  `);
});

test('yaml-syntax: an alias without an anchor', () => {
  const text = `
version: 1
params: { a: *nowhere }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:14 error[yaml-syntax] the alias "*nowhere" has no anchor "&nowhere" before it.
      params: { a: *nowhere }
                   ~~~~~~~~"
  `);
});

test('yaml-syntax: an alias inside what it names', () => {
  const text = `
version: 1
params: &p { a: *p }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:17 error[yaml-syntax] the alias "*p" stands inside what it names.
      params: &p { a: *p }
                      ~~"
  `);
});

test('duplicate-key: the first is named by its line', () => {
  const text = `
version: 1
params:
  seed: 1
  seed: 2
stages:
  a: { program: stages/a.ts, outputs: { data: dataset } }
  a: { program: stages/a.ts, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:4:3 error[duplicate-key] "seed" is given twice; the first is on line 3.
        seed: 2
        ~~~~

    pipeline.yaml:7:3 error[duplicate-key] "a" is given twice; the first is on line 6.
        a: { program: stages/a.ts, outputs: { data: dataset } }
        ~"
  `);
});

test('duplicate-output: the first is named by its line', () => {
  const text = `
version: 1
stages:
  a:
    program: stages/a.ts
    outputs:
      data: dataset
      model: model
      data: file
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:8:7 error[duplicate-output] stage "a" declares the output "data" twice; the first is on line 6.
            data: file
            ~~~~"
  `);
});

test('wrong-type: numbers that cannot be hashed', () => {
  const text = `
version: 1
params: { a: .inf, b: .nan, c: 12345678901234567890, d: "\\ud800" }
stages:
  a: { program: stages/a.ts, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:2:14 error[wrong-type] infinities and NaN cannot be hashed; use a number.
      params: { a: .inf, b: .nan, c: 12345678901234567890, d: "\\ud800" }
                   ~~~~

    pipeline.yaml:2:23 error[wrong-type] infinities and NaN cannot be hashed; use a number.
      params: { a: .inf, b: .nan, c: 12345678901234567890, d: "\\ud800" }
                            ~~~~

    pipeline.yaml:2:32 error[wrong-type] a whole number beyond 9007199254740991 cannot be held exactly; quote it.
      params: { a: .inf, b: .nan, c: 12345678901234567890, d: "\\ud800" }
                                     ~~~~~~~~~~~~~~~~~~~~

    pipeline.yaml:2:57 error[wrong-type] this text holds half of a surrogate pair, which UTF-8 cannot write.
      params: { a: .inf, b: .nan, c: 12345678901234567890, d: "\\ud800" }
                                                              ~~~~~~~~"
  `);
});
