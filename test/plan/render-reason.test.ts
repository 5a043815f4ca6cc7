import { describe, expect, it } from 'vitest';
import { renderReason, renderWholeReason } from '../../lib/plan/render-reason.ts';
import type { Reason } from '../../lib/model/plan.ts';
import type { Json } from '../../lib/base/canonical-json.ts';
import { digestOf } from './examples.ts';

const changed = (field: string, from: Json | undefined, to: Json | undefined): Reason => ({
  kind: 'changed',
  field,
  from,
  to,
});
const damaged = (path: string | null, problem: 'missing' | 'altered'): Reason => ({
  kind: 'damaged',
  output: 'model',
  damage: { artifact: digestOf('a'), blob: digestOf('b'), path, problem, found: null },
});

describe('renderReason', () => {
  it('says each reason in one line of plain words', () => {
    const reasons: Reason[] = [
      { kind: 'never-run' },
      { kind: 'result-removed' },
      { kind: 'forced' },
      damaged('model.json', 'altered'),
      damaged('.', 'missing'),
      damaged(null, 'missing'),
      {
        kind: 'record-damaged',
        damage: { artifact: digestOf('c'), blob: digestOf('c'), path: null, problem: 'altered', found: null },
      },
      changed('params.attack.count', 600, 1200),
      changed('params.attack.rate', undefined, 0.1),
      changed('params.attack.rate', 0.1, undefined),
      changed('params.dataset', 'glyphs', 'mnist'),
      changed('params.note', '', 'true'),
      changed(
        'params.layers',
        [32, 64],
        Array.from({ length: 40 }, (_, i) => i),
      ),
      changed('code.stages/poison.ts', digestOf('a'), digestOf('b')),
      changed('code.stages/new.ts', undefined, digestOf('b')),
      changed('code.stages/old.ts', digestOf('a'), undefined),
      changed('inputs.data', digestOf('a'), digestOf('b')),
      changed('inputs.metrics[chosen=7]', undefined, digestOf('b')),
      changed('inputs.metrics[chosen=8]', digestOf('b'), undefined),
      changed('inputs.metrics', digestOf('b'), { 'chosen=7': digestOf('b') }),
      changed('packages.tar', '7.5.1 sha512-abc', '7.5.2 sha512-def'),
      changed('packages.tar', '7.5.1 sha512-abc', '7.5.1 sha512-def'),
      changed('packages.tar', 'absent', '7.5.1 sha512-def'),
      changed('packages.tar', undefined, '7.5.1 sha512-def'),
      changed('packages.tar', '7.5.1 sha512-def', undefined),
      changed('program', { command: ['python3', 'a.py'] }, { module: 'stages/a.ts' }),
      changed('outputs.table', 'file', 'image'),
      changed('outputs.table', undefined, 'image'),
      changed('env.LANG', null, 'C.UTF-8'),
      changed('env.LANG', 'C.UTF-8', null),
      changed('env.LANG', undefined, null),
      changed('runtime.node', 'v20', 'v22'),
      changed('runtime.compute', 'wasm@4.22.0/1', null),
      changed('salt', '1', '2'),
    ];
    expect(reasons.map(renderReason).join('\n')).toMatchInlineSnapshot(`
      "never run
      result removed
      forced
      artifact model: model.json altered in the store
      artifact model: file missing from the store
      artifact model: manifest missing from the store
      result record altered in the store
      attack.count 600 -> 1200
      attack.rate added: 0.1
      attack.rate removed: was 0.1
      dataset glyphs -> mnist
      note "" -> "true"
      layers [32,64] -> [0,1,2,3,4,5,6,7,8,9,…,37,38,39]
      code stages/poison.ts edited
      code stages/new.ts added
      code stages/old.ts removed
      input data is new content ca978112ca1b -> 3e23e8160039
      input metrics[chosen=7] added
      input metrics[chosen=8] removed
      input metrics reads every instance now
      package tar 7.5.1 -> 7.5.2
      package tar 7.5.1 has other content
      package tar absent -> 7.5.1
      package tar 7.5.1 added
      package tar 7.5.1 removed
      program python3 a.py -> stages/a.ts
      output table file -> image
      output table added: image
      LANG unset -> C.UTF-8
      LANG C.UTF-8 -> unset
      LANG declared: unset
      node v20 -> v22
      compute wasm@4.22.0/1 -> none
      engine salt "1" -> "2""
    `);
  });

  it('cuts no value where there is room for all', () => {
    const layers = Array.from({ length: 40 }, (_, i) => i);
    const whole = renderWholeReason(changed('params.layers', [32, 64], layers));
    expect(whole).toBe(`layers [32,64] -> [${layers.join(',')}]`);
  });
});
