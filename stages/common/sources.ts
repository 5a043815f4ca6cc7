/** Which training records become poison, and what may stand in the way. */
import { indexesOfClass, type Split } from '../../lib/dataset/split.ts';
import { invalidParameter } from './parameters/invalid.ts';
import type { AttackParameters } from './parameters/attack.ts';
import { stream } from './rng.ts';
import type { Variant } from './variants.ts';

/**
 * Indexes into `train`, in the order drawn; distinct unless `replacement` allows a count above the number there is. A larger count
 * draws the records of a smaller one first, so that N' can grow without changing what was there.
 * Throws StageError `parameter-invalid` naming attack.chosen or attack.count.
 */
export function chooseSources(
  train: Split,
  classes: readonly string[],
  variant: Variant,
  attack: AttackParameters,
  seed: number,
): Uint32Array {
  const { chosen, count, replacement } = attack;
  if (chosen >= classes.length) {
    throw invalidParameter('attack.chosen', chosen, `a class from 0 to ${classes.length - 1}`);
  }
  if (variant.source === 'none') {
    if (count !== 0) throw invalidParameter('attack.count', count, `0, as variant ${variant.id} makes no poison`);
    return new Uint32Array(0);
  }
  if (count === 0) throw invalidParameter('attack.count', count, 'an integer of at least 1');
  const candidates = candidatesFor(train, variant.source, chosen);
  const what = { chosen: `class ${chosen}`, all: 'all classes', others: `the classes but ${chosen}` }[variant.source];
  if (candidates.length === 0) {
    throw invalidParameter('attack.chosen', chosen, `a class such that ${what} has training records`);
  }
  const rng = stream(seed, 'sources', variant.source, chosen);
  if (count <= candidates.length) return rng.sample(candidates.length, count).map((i) => candidates[i] as number);
  if (!replacement) {
    throw invalidParameter(
      'attack.count',
      count,
      `1 to ${candidates.length}, the training records of ${what}; more with attack.replacement true`,
    );
  }
  return Uint32Array.from({ length: count }, () => candidates[rng.below(candidates.length)] as number);
}

function candidatesFor(train: Split, source: 'chosen' | 'all' | 'others', chosen: number): number[] {
  if (source === 'chosen') return indexesOfClass(train, chosen);
  const all = Array.from({ length: train.count }, (_, i) => i);
  return source === 'all' ? all : all.filter((i) => train.labels[i] !== chosen);
}
