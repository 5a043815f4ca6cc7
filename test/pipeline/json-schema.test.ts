import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { pipelineJsonSchema } from '../../lib/pipeline/json-schema.ts';

const FILE = new URL('../../docs/pipeline.schema.json', import.meta.url);
// Formatted as the repository's check wants every file.
const text = await format(JSON.stringify(pipelineJsonSchema()), { parser: 'json', printWidth: 120 });
if (process.env['UPDATE_SCHEMA'] !== undefined) writeFileSync(FILE, text);

const validate = new Ajv2020({ allowUnionTypes: true }).compile(pipelineJsonSchema());

test('docs/pipeline.schema.json is what the shape gives', () => {
  expect(
    readFileSync(FILE, 'utf8') === text,
    'docs/pipeline.schema.json is out of date; rewrite it with: UPDATE_SCHEMA=1 npx vitest run test/pipeline/json-schema.test.ts',
  ).toBe(true);
});

test.each([
  'stages: { a: { program: stages/a.ts, outputs: { data: dataset } } }',
  `
params: { seed: 1, deep: { tree: [1, { a: null }] } }
profiles: { quick: { seed: 2 } }
notes: { quick: fast }
targets: ["\${list}", a]
show: [a.table.csv]
stages:
  a:
    command: [python3, tools/a.py, 5, true]
    matrix: { seed: [1, 2], deep.x: "\${list}" }
    params: [seed]
    unkeyed: [deep]
    inputs: { x: b.data, y: "b[*].data", z: ./raw }
    outputs: { table.csv: file, m: metrics }
    files: [tools/*.py]
    env: [LANG]
    resources: { cpus: 2, memoryMb: "\${x}", gpus: 0 }
    timeout: 1h30m
    retries: 2
    expect: { data: { against: x, added: 1, count: "\${n}", classes: { 7: 1 }, digest: "sha256:00" } }
  b: { shell: "true > {outputs.data}", outputs: { data: directory } }`,
])('editors accept a good pipeline', (pipeline) => {
  validate(parseYaml(`version: 1\n${pipeline}`));
  expect(validate.errors).toBeNull();
});

test.each([
  ['no version', 'stages: { a: { program: a.ts, outputs: { d: file } } }'],
  ['another version', 'version: 2\nstages: { a: { program: a.ts, outputs: { d: file } } }'],
  ['an unknown key', 'version: 1\nstages: { a: { program: a.ts, ouputs: {}, outputs: { d: file } } }'],
  ['no output', 'version: 1\nstages: { a: { program: a.ts, outputs: {} } }'],
  ['an unknown kind', 'version: 1\nstages: { a: { program: a.ts, outputs: { d: table } } }'],
  ['nothing to run', 'version: 1\nstages: { a: { outputs: { d: file } } }'],
  ['two programs', 'version: 1\nstages: { a: { program: a.ts, shell: x, outputs: { d: file } } }'],
  ['a bad name', 'version: 1\nstages: { a/b: { program: a.ts, outputs: { d: file } } }'],
  ['a bad output name', 'version: 1\nstages: { a: { program: a.ts, outputs: { ../d: file } } }'],
  ['negative retries', 'version: 1\nstages: { a: { program: a.ts, retries: -1, outputs: { d: file } } }'],
  ['a list for params', 'version: 1\nparams: [1]\nstages: { a: { program: a.ts, outputs: { d: file } } }'],
])('editors refuse %s', (_, pipeline) => {
  expect(validate(parseYaml(pipeline))).toBe(false);
});

test('every key has a text for editors to show', () => {
  const missing: string[] = [];
  const visit = (schema: Record<string, unknown>, path: string) => {
    for (const [key, child] of Object.entries(
      (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>,
    )) {
      if (typeof child['description'] !== 'string') missing.push(`${path}${key}`);
      visit(child, `${path}${key}.`);
    }
    const additional = schema['additionalProperties'];
    if (typeof additional === 'object') visit(additional as Record<string, unknown>, `${path}*.`);
  };
  visit(pipelineJsonSchema() as Record<string, unknown>, '');
  expect(missing).toEqual([]);
});
