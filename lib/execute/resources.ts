/** What the machine has and what running stages hold of it. */
import type { Resources } from '../model/stage.ts';

export interface Capacity extends Resources {
  /** Stages at one time, whatever they need. */
  readonly jobs: number;
}

export type ResourceName = 'cpus' | 'memoryMb' | 'gpus';

const RESOURCE_NAMES: readonly ResourceName[] = ['cpus', 'memoryMb', 'gpus'];

/** A value, not a thing: every change gives a new pool. */
export interface ResourcePool {
  readonly capacity: Capacity;
  readonly running: number;
  readonly held: Resources;
}

export function openPool(capacity: Capacity): ResourcePool {
  return { capacity, running: 0, held: { cpus: 0, memoryMb: 0, gpus: 0 } };
}

/** True when a stage with this need may start now. One that needs more than exists may start when nothing else runs. */
export function canStart(pool: ResourcePool, need: Resources): boolean {
  if (pool.running === 0) return true;
  if (pool.running >= pool.capacity.jobs) return false;
  return RESOURCE_NAMES.every((name) => pool.held[name] + need[name] <= pool.capacity[name]);
}

export function take(pool: ResourcePool, need: Resources): ResourcePool {
  return { ...pool, running: pool.running + 1, held: combine(pool.held, need, 1) };
}

export function giveBack(pool: ResourcePool, need: Resources): ResourcePool {
  return { ...pool, running: pool.running - 1, held: combine(pool.held, need, -1) };
}

/** What a stage needs more of than the machine has, so that it will run alone. */
export function exceeding(
  capacity: Capacity,
  need: Resources,
): readonly { readonly name: ResourceName; readonly needed: number; readonly available: number }[] {
  return RESOURCE_NAMES.filter((name) => need[name] > capacity[name]).map((name) => ({
    name,
    needed: need[name],
    available: capacity[name],
  }));
}

function combine(held: Resources, need: Resources, sign: 1 | -1): Resources {
  return {
    cpus: held.cpus + sign * need.cpus,
    memoryMb: held.memoryMb + sign * need.memoryMb,
    gpus: held.gpus + sign * need.gpus,
  };
}
