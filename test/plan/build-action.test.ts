import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../lib/base/canonical-json.ts';
import { actionKey, type Action } from '../../lib/model/action.ts';
import type { StageInstance } from '../../lib/model/stage.ts';
import { ActionKeys } from '../../lib/plan/action-keys.ts';
import { buildAction, pickEnv, resolveInputs } from '../../lib/plan/build-action.ts';
import { anyAction, digestOf, makeInstance, POISON, readAll, readOutput, readPath } from './examples.ts';

const instance = makeInstance({
  stage: 'poison',
  params: POISON.params,
  inputs: { data: readOutput('fetch'), model: readOutput('pretrain', 'model') },
  env: ['OMP_NUM_THREADS'],
});
const facts = {
  code: POISON.code,
  packages: POISON.packages,
  inputs: POISON.inputs,
  env: POISON.env,
  runtime: POISON.runtime,
};

describe('buildAction', () => {
  it('holds the declaration and the facts', () => {
    expect(buildAction(instance, facts)).toEqual(POISON);
  });

  // A changed pin makes every result in every store run again. It may change only together with ENGINE_SALT or with the fields of
  // Action; say which, and in which version, here. First pin: version 0.1.0, schema action/v1, salt 1.
  it('has the key that it always had', () => {
    expect(actionKey(buildAction(instance, facts))).toMatchInlineSnapshot(
      `"sha256:c61c059d1a5ae9c8e80c266e804194b0b3d450347f5f38103031da90e68507b7"`,
    );
    const command = makeInstance({
      stage: 'summarise',
      program: { kind: 'command', argv: ['python3', 'tools/summary.py'], location: instance.location },
      outputs: { table: 'file' },
    });
    const shell = { ...command, program: { kind: 'shell', line: 'make table', location: instance.location } } as const;
    const bare = { code: {}, packages: {}, inputs: {}, env: {}, runtime: { ...POISON.runtime, compute: null } };
    expect(actionKey(buildAction(command, bare))).toMatchInlineSnapshot(
      `"sha256:bd46777035c9fb131498a6121c980b4148c114f605777f28a92f74f99900d633"`,
    );
    expect(actionKey(buildAction(shell, bare))).toMatchInlineSnapshot(
      `"sha256:48d455dba2f96b7ca8857611ac8e2f2125de173f2051356b0bedc175c72fb75c"`,
    );
  });

  it('leaves out what cannot change a result', () => {
    const renamed: StageInstance = {
      ...instance,
      stage: 'spoil',
      id: 'spoil[chosen=7]',
      coordinates: { chosen: 7 },
      unkeyed: { mirror: 'https://example.org' },
      resources: { cpus: 8, memoryMb: 9000, gpus: 1 },
      timeoutMs: 1,
      retries: 9,
      expect: { data: { against: 'data', added: 1, location: instance.location } },
      location: { file: 'other.yaml', line: 9, column: 9, length: 9 },
    };
    expect(actionKey(buildAction(renamed, facts))).toBe(actionKey(POISON));
  });

  it('binds names to contents: swapping clean and poisoned data is another action', () => {
    const merge = (clean: string, poison: string): Action => ({
      ...POISON,
      inputs: { clean: digestOf(clean), poison: digestOf(poison) },
    });
    expect(actionKey(merge('a', 'b'))).not.toBe(actionKey(merge('b', 'a')));
  });

  it('has another key when anything in it differs, and the same when nothing does', () => {
    fc.assert(
      fc.property(anyAction, anyAction, (a, b) => {
        expect(actionKey(a) === actionKey(b)).toBe(canonicalJson(a) === canonicalJson(b));
        for (const field of Object.keys(a) as (keyof Action)[]) {
          const mixed = { ...a, [field]: b[field] } as Action;
          expect(actionKey(mixed) === actionKey(a)).toBe(canonicalJson(a[field]) === canonicalJson(b[field]));
        }
      }),
    );
  });

  it('does not depend on the order in which anything was declared', () => {
    const reversed = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, member]) => [name, reversed(member)]),
          )
        : value;
    fc.assert(
      fc.property(anyAction, (action) => {
        expect(actionKey(reversed(action) as Action)).toBe(actionKey(action));
      }),
    );
  });
});

describe('ActionKeys', () => {
  it('gives the keys that actionKey gives, whatever parts the actions share', () => {
    fc.assert(
      fc.property(fc.array(anyAction, { minLength: 1 }), anyAction, (actions, shared) => {
        const keys = new ActionKeys();
        for (const action of actions) {
          const sharing = { ...action, code: shared.code, packages: shared.packages, runtime: shared.runtime };
          for (const each of [action, sharing, sharing]) expect(keys.keyOf(each)).toBe(actionKey(each));
        }
      }),
    );
  });
});

describe('resolveInputs', () => {
  const reading = makeInstance({
    stage: 'report',
    inputs: { raw: readPath('data/raw'), best: readOutput('train', 'model'), all: readAll('evaluate', ['n=1', 'n=2']) },
  });

  it('binds each name, and each label of a fan-in, to a digest', () => {
    const resolved = resolveInputs(reading, digestOf, ({ instance: id, output }) => digestOf(`${id}.${output}`));
    expect(resolved).toEqual({
      inputs: {
        raw: digestOf('data/raw'),
        best: digestOf('train.model'),
        all: { 'n=1': digestOf('evaluate[n=1].data'), 'n=2': digestOf('evaluate[n=2].data') },
      },
    });
  });

  it('names those it waits for, each once', () => {
    const known = (id: string) => (id === 'evaluate[n=1]' ? digestOf('known') : undefined);
    const twice = { ...reading, inputs: { ...reading.inputs, again: readOutput('train', 'metrics') } };
    expect(resolveInputs(twice, digestOf, ({ instance: id }) => known(id))).toEqual({
      waitingOn: ['train', 'evaluate[n=2]'],
    });
  });
});

describe('pickEnv', () => {
  it('takes declared names only, null where unset', () => {
    expect(pickEnv(['LANG', 'UNSET'], { LANG: 'C', SECRET: 'x' })).toEqual({ LANG: 'C', UNSET: null });
  });
});
