/** Values and projects that the tests of plan/ start from. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { digestBytes, type Digest } from '../../lib/base/digest.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import type { Action } from '../../lib/model/action.ts';
import { OUTPUT_KINDS, type Program, type StageInstance } from '../../lib/model/stage.ts';

const NOWHERE = { file: 'pipeline.yaml', line: 1, column: 1, length: 1 };

/** Text to digest, so that tests name contents instead of digests. */
export const digestOf = (text: string): Digest => digestBytes(text);

/** A temporary project with these files; a value that is no text is written as JSON. Removed when the test ends. */
export function makeProject(files: Readonly<Record<string, unknown>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'assay-plan-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFiles(root, files);
  return root;
}

export function writeFiles(root: string, files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
}

/** The project's lineage.db, closed when the test ends. */
export function openLineage(root: string): Lineage {
  const lineage = Lineage.open(join(root, 'artifacts/lineage.db'), { clock: systemClock });
  onTestFinished(() => lineage.close());
  return lineage;
}

/** What `npm install` leaves: node_modules with a package.json each, and the lock file of what is there. */
export function npmInstalled(packages: Readonly<Record<string, Record<string, unknown>>>): Record<string, unknown> {
  const folders = Object.entries(packages).filter(([, entry]) => entry.missing !== true && entry.link !== true);
  return {
    'node_modules/.package-lock.json': { name: 'x', lockfileVersion: 3, packages },
    ...Object.fromEntries(folders.map(([path, { version }]) => [`${path}/package.json`, { name: path, version }])),
  };
}

export function makeModule(path: string): Program {
  return { kind: 'module', path, location: NOWHERE };
}

export function makeInstance(fields: Partial<StageInstance> & { stage: string }): StageInstance {
  return {
    id: fields.stage,
    coordinates: {},
    program: makeModule(`stages/${fields.stage}.ts`),
    params: {},
    unkeyed: {},
    inputs: {},
    outputs: { data: 'dataset' },
    files: [],
    env: [],
    resources: { cpus: 1, memoryMb: 512, gpus: 0 },
    timeoutMs: null,
    retries: 0,
    expect: {},
    location: NOWHERE,
    ...fields,
  };
}

export function readOutput(instance: string, output = 'data'): StageInstance['inputs'][string] {
  return { kind: 'output', instance, output, location: NOWHERE };
}

export function readPath(path: string): StageInstance['inputs'][string] {
  return { kind: 'path', path, location: NOWHERE };
}

export function readAll(stage: string, labels: readonly string[], output = 'data'): StageInstance['inputs'][string] {
  const members = labels.map((label) => ({ label, coordinates: {}, instance: `${stage}[${label}]`, output }));
  return { kind: 'all', stage, members, location: NOWHERE };
}

/** The poison stage of the built-in experiment, with short stand-ins for contents. */
export const POISON: Action = {
  schema: 'action/v1',
  salt: '1',
  program: { module: 'stages/poison.ts' },
  code: { 'stages/common/rng.ts': digestOf('rng'), 'stages/poison.ts': digestOf('poison') },
  packages: { '@tensorflow/tfjs-core': '4.22.0 sha512-core', long: '4.0.0 sha512-long' },
  params: { attack: { chosen: 7, count: 600, learningRate: 0.1 }, seed: 1 },
  inputs: { data: digestOf('data'), model: digestOf('model') },
  outputs: { data: 'dataset' },
  env: { OMP_NUM_THREADS: null },
  runtime: { node: 'v20', platform: 'linux', arch: 'x64', compute: 'wasm@4.22.0/1' },
};

const name = fc.string({ unit: fc.constantFrom(...'abcé._/='), minLength: 1, maxLength: 4 });
const dictionary = <T>(value: fc.Arbitrary<T>) => fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });
const digest = fc.constantFrom('a', 'b', 'c', 'd').map(digestOf);
const text = fc.string({ maxLength: 5 });
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, 1, -1.5, 1e21),
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    dictionary(tie('value')),
  ),
})).value;

/** Any action, small, with colliding names, so that random pairs often agree in part. */
export const anyAction = fc.record({
  schema: fc.constant('action/v1'),
  salt: fc.constantFrom('1', '2'),
  program: fc.oneof(
    fc.record({ module: name }),
    fc.record({ command: fc.array(text, { minLength: 1, maxLength: 3 }) }),
    fc.record({ shell: text }),
  ),
  code: dictionary(digest),
  packages: dictionary(text),
  params: dictionary(json),
  inputs: dictionary(fc.oneof(digest, dictionary(digest))),
  outputs: dictionary(fc.constantFrom(...OUTPUT_KINDS)),
  env: dictionary(fc.option(text)),
  runtime: fc.record({
    node: fc.constantFrom('v20', 'v22'),
    platform: fc.constantFrom('linux', 'darwin'),
    arch: fc.constantFrom('x64', 'arm64'),
    compute: fc.option(text),
  }),
}) as fc.Arbitrary<Action>;

export const anyName = name;
