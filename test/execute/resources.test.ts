import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canStart, exceeding, giveBack, openPool, take } from '../../lib/execute/resources.ts';

const CAPACITY = { jobs: 4, cpus: 4, memoryMb: 1000, gpus: 0 };
const need = (cpus: number, memoryMb = 0, gpus = 0) => ({ cpus, memoryMb, gpus });

describe('the resource pool', () => {
  it('lets stages in while each resource and the number of jobs suffice', () => {
    let pool = openPool(CAPACITY);
    pool = take(pool, need(3, 400));
    expect(canStart(pool, need(1, 600))).toBe(true);
    expect(canStart(pool, need(2, 0))).toBe(false);
    expect(canStart(pool, need(0, 601))).toBe(false);
    for (let i = 0; i < 3; i++) pool = take(pool, need(0));
    expect(canStart(pool, need(0))).toBe(false);
  });

  it('lets a stage that needs more than exists run, alone', () => {
    const tooMuch = need(1, 5000, 1);
    expect(exceeding(CAPACITY, tooMuch)).toEqual([
      { name: 'memoryMb', needed: 5000, available: 1000 },
      { name: 'gpus', needed: 1, available: 0 },
    ]);
    const pool = openPool(CAPACITY);
    expect(canStart(pool, tooMuch)).toBe(true);
    expect(canStart(take(pool, tooMuch), need(1, 1))).toBe(false);
    expect(canStart(take(pool, need(1)), tooMuch)).toBe(false);
  });

  it('never holds more than exists, but for one stage alone, and is empty again when all gave back', () => {
    const needs = fc.array(fc.record({ cpus: fc.nat(6), memoryMb: fc.nat(1500), gpus: fc.nat(1) }));
    fc.assert(
      fc.property(needs, (all) => {
        let pool = openPool(CAPACITY);
        const started = all.filter((one) => {
          if (!canStart(pool, one)) return false;
          pool = take(pool, one);
          return true;
        });
        expect(pool.running <= 1 || exceeding(CAPACITY, pool.held).length === 0).toBe(true);
        for (const one of started) pool = giveBack(pool, one);
        expect(pool).toEqual(openPool(CAPACITY));
      }),
    );
  });
});
