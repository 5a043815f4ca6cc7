import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionKey } from '../../lib/model/action.ts';
import type { Damage } from '../../lib/model/artifact.ts';
import { decide, type Facts } from '../../lib/plan/decide.ts';
import { anyAction, digestOf, POISON } from './examples.ts';

const key = actionKey(POISON);
const outputs = { data: digestOf('poisoned') };
const damage: Damage = {
  artifact: outputs.data,
  blob: digestOf('blob'),
  path: 'labels.idx',
  problem: 'missing',
  found: null,
};
const known = { kind: 'known', action: POISON, key, isForced: false } as const;

const SOUND = { found: 'result', outputs, damage: [], recordDamage: null } as const;

describe('decide', () => {
  it('takes a sound result from the cache', () => {
    expect(decide({ ...known, cache: SOUND })).toEqual({
      state: 'cached',
      action: POISON,
      key,
      outputs,
    });
  });

  it('makes a damaged result again', () => {
    const cache = { ...SOUND, damage: [{ output: 'data', damage }] };
    expect(decide({ ...known, cache })).toEqual({
      state: 'stale',
      action: POISON,
      key,
      reasons: [{ kind: 'damaged', output: 'data', damage }],
    });
  });

  it('makes again what no sound record vouches for', () => {
    const recordDamage = { ...damage, path: null };
    expect(decide({ ...known, cache: { ...SOUND, recordDamage } })).toMatchObject({
      state: 'stale',
      reasons: [{ kind: 'record-damaged', damage: recordDamage }],
    });
  });

  it.each([
    ['never run', { hasRun: false, latest: undefined }, [{ kind: 'never-run' }]],
    ['its result removed', { hasRun: true, latest: POISON }, [{ kind: 'result-removed' }]],
    [
      'edited',
      { hasRun: false, latest: { ...POISON, salt: '0' } },
      [{ kind: 'changed', field: 'salt', from: '0', to: '1' }],
    ],
    [
      'edited back to what was since removed',
      { hasRun: true, latest: { ...POISON, salt: '0' } },
      [{ kind: 'changed', field: 'salt', from: '0', to: '1' }, { kind: 'result-removed' }],
    ],
  ])('says why when %s', (_name, history, reasons) => {
    expect(decide({ ...known, cache: { found: 'nothing', ...history } })).toMatchObject({ state: 'stale', reasons });
  });

  it('runs what is forced, and says so after any other reason', () => {
    const forced = { ...known, isForced: true };
    expect(decide({ ...forced, cache: SOUND })).toMatchObject({
      reasons: [{ kind: 'forced' }],
    });
    expect(decide({ ...forced, cache: { found: 'nothing', hasRun: false, latest: undefined } })).toMatchObject({
      reasons: [{ kind: 'never-run' }, { kind: 'forced' }],
    });
  });

  it('waits for inputs that are not made', () => {
    expect(decide({ kind: 'waiting', waitingOn: ['merge'] })).toEqual({ state: 'undecided', waitingOn: ['merge'] });
  });

  it('is a function of content: equal facts give equal verdicts, and a stale one always has a reason', () => {
    const cache = fc.oneof(
      fc.record({
        found: fc.constant('result'),
        outputs: fc.constant(outputs),
        damage: fc.constantFrom([], [{ output: 'data', damage }]),
      }),
      fc.record({
        found: fc.constant('nothing'),
        hasRun: fc.boolean(),
        latest: fc.option(anyAction, { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(anyAction, fc.boolean(), cache, (action, isForced, cacheFacts) => {
        const facts = { kind: 'known', action, key: actionKey(action), isForced, cache: cacheFacts } as Facts;
        const verdict = decide(facts);
        expect(decide(structuredClone(facts))).toEqual(verdict);
        if (verdict.state === 'stale') expect(verdict.reasons.length).toBeGreaterThan(0);
      }),
    );
  });
});
