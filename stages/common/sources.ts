/** Which training records become poison, and what may stand in the way. */
import { indexesOfClass, type Split } from '../../lib/dataset/split.ts';
import { invalidParameter } from './parameters/invalid.ts';
import type { AttackParameters } from './parameters/attack.ts';
import type { Reading } from './reading.ts';
import { stream } from './rng.ts';

/**
 * Up to `count` distinct indexes into `train`, in the order drawn: fewer where there are not as many. A larger count draws the
 * records of a smaller one first, so that N' can grow without changing what was there.
 * Throws StageError `parameter-invalid` naming attack.chosen.
 */
export function chooseSources(
  train: Split,
  classes: readonly string[],
  source: Reading['source'],
  chosen: number,
  count: number,
  seed: number,
): Uint32Array {
  if (chosen >= classes.length) {
    throw invalidParameter('attack.chosen', chosen, `a class from 0 to ${classes.length - 1}`);
  }
  if (source === 'none') return new Uint32Array(0);
  const candidates = candidatesFor(train, source, chosen);
  const what = { chosen: `class ${chosen}`, all: 'all classes', others: `the classes but ${chosen}` }[source];
  if (candidates.length === 0) {
    throw invalidParameter('attack.chosen', chosen, `a class such that ${what} has training records`);
  }
  const rng = stream(seed, 'sources', source, chosen);
  return rng.sample(candidates.length, Math.min(count, candidates.length)).map((i) => candidates[i] as number);
}

/**
 * Places in the pool: its first `count`; with replacement its beginning again after its end.
 * Throws StageError `parameter-invalid` naming attack.count.
 */
export function takeFromPool(
  pool: number,
  { count, replacement }: Pick<AttackParameters, 'count' | 'replacement'>,
): number[] {
  if (count > pool && !(replacement && pool > 0)) {
    const more = pool === 0 ? 'this variant makes none' : 'more with attack.replacement true';
    throw invalidParameter('attack.count', count, `0 to ${pool}, the images that there are to take; ${more}`);
  }
  return Array.from({ length: count }, (_, i) => i % pool);
}

function candidatesFor(train: Split, source: 'chosen' | 'all' | 'others', chosen: number): number[] {
  if (source === 'chosen') return indexesOfClass(train, chosen);
  const all = Array.from({ length: train.count }, (_, i) => i);
  return source === 'all' ? all : all.filter((i) => train.labels[i] !== chosen);
}
