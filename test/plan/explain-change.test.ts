import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../../lib/base/canonical-json.ts';
import { actionKey, type Action } from '../../lib/model/action.ts';
import { explainChange } from '../../lib/plan/explain-change.ts';
import { anyAction, digestOf, POISON } from './examples.ts';

describe('explainChange', () => {
  it('names each field that differs, what people edit first', () => {
    const to: Action = {
      ...POISON,
      salt: '2',
      program: { shell: 'python3 poison.py' },
      code: { 'stages/poison.ts': digestOf('edited'), 'stages/trigger.ts': digestOf('trigger') },
      packages: { '@tensorflow/tfjs-core': '4.23.0 sha512-new' },
      params: { attack: { chosen: 7, count: 1200, steps: [1, 2] }, seed: 1 },
      inputs: { data: digestOf('other data'), models: { 'chosen=7': digestOf('model') } },
      outputs: { data: 'directory' },
      env: { OMP_NUM_THREADS: '1' },
      runtime: { ...POISON.runtime, node: 'v22', compute: null },
    };
    const changes = explainChange(POISON, to);
    expect(changes.map(({ field }) => field)).toEqual([
      'params.attack.count',
      'params.attack.learningRate',
      'params.attack.steps',
      'code.stages/common/rng.ts',
      'code.stages/poison.ts',
      'code.stages/trigger.ts',
      'inputs.data',
      'inputs.model',
      'inputs.models',
      'program',
      'outputs.data',
      'packages.@tensorflow/tfjs-core',
      'packages.long',
      'env.OMP_NUM_THREADS',
      'runtime.compute',
      'runtime.node',
      'salt',
    ]);
    expect(changes.slice(0, 3)).toEqual([
      { kind: 'changed', field: 'params.attack.count', from: 600, to: 1200 },
      { kind: 'changed', field: 'params.attack.learningRate', from: 0.1, to: undefined },
      { kind: 'changed', field: 'params.attack.steps', from: undefined, to: [1, 2] },
    ]);
  });

  it('names the members of a fan-in as stage instances are named', () => {
    const reading = (members: Record<string, string>): Action => ({
      ...POISON,
      inputs: { metrics: Object.fromEntries(Object.entries(members).map(([label, text]) => [label, digestOf(text)])) },
    });
    const from = reading({ 'chosen=7,count=0.5': 'a', 'chosen=8,count=0.5': 'b' });
    const to = reading({ 'chosen=7,count=0.5': 'new', 'chosen=9,count=0.5': 'b' });
    expect(explainChange(from, to).map(({ field }) => field)).toEqual([
      'inputs.metrics[chosen=7,count=0.5]',
      'inputs.metrics[chosen=8,count=0.5]',
      'inputs.metrics[chosen=9,count=0.5]',
    ]);
  });

  it('finds nothing exactly when the keys are equal', () => {
    fc.assert(
      fc.property(anyAction, anyAction, (a, b) => {
        expect(explainChange(a, structuredClone(a))).toEqual([]);
        expect(explainChange(a, b).length === 0).toBe(actionKey(a) === actionKey(b));
      }),
    );
  });

  it('names exactly the field that was edited', () => {
    fc.assert(
      fc.property(anyAction, fc.nat(), (action, pick) => {
        const leaves = leavesOf(action as unknown as Json, []);
        const path = leaves[pick % leaves.length]!;
        const edited = structuredClone(action);
        const old = setAt(edited, path, 'edited, and longer than any value');
        expect(explainChange(action, edited)).toEqual([
          { kind: 'changed', field: fieldName(path), from: old, to: 'edited, and longer than any value' },
        ]);
      }),
    );
  });

  it('swaps from and to when read backwards', () => {
    fc.assert(
      fc.property(anyAction, anyAction, (a, b) => {
        const swapped = explainChange(b, a).map((change) => ({ ...change, from: change.to, to: change.from }));
        expect(explainChange(a, b)).toEqual(swapped);
      }),
    );
  });
});

/** Paths to all that explainChange compares whole, the program left out: it is replaced, not entered. */
function leavesOf(value: Json, path: string[]): string[][] {
  if (path[0] === 'program') return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member as Json, [...path, name]));
}

function setAt(target: object, path: readonly string[], value: Json): Json {
  const parent = path
    .slice(0, -1)
    .reduce((at, name) => at[name] as Record<string, unknown>, target as Record<string, unknown>);
  const last = path.at(-1)!;
  const old = parent[last] as Json;
  parent[last] = value;
  return JSON.parse(canonicalJson(old)) as Json;
}

function fieldName([field, ...rest]: readonly string[]): string {
  if (field !== 'inputs') return [field, ...rest].join('.');
  return rest.length === 2 ? `inputs.${rest[0]}[${rest[1]}]` : `inputs.${rest[0]}`;
}
