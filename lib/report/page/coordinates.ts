/** Where an instance stands in the matrix, read from its name: history keeps names, not axes. */
import type { Scalar } from '../../model/stage.ts';

/** Of `poison[chosen=7,variant=V1]`: `{ chosen: 7, variant: 'V1' }`. Empty without a matrix. */
export function coordinatesOf(instance: string): Record<string, Scalar> {
  const label = /\[(.*)\]$/s.exec(instance)?.[1];
  if (label === undefined || label === '') return {};
  return Object.fromEntries(
    label.split(',').map((part) => {
      const at = part.indexOf('=');
      return [decode(part.slice(0, at)), readValue(decode(part.slice(at + 1)))];
    }),
  );
}

/** The part in brackets; empty without a matrix. */
export function labelOf(instance: string): string {
  return /\[(.*)\]$/s.exec(instance)?.[1] ?? '';
}

/**
 * Names for instances beside one another: their coordinates without those that are the same in all; the instance where that leaves
 * nothing.
 */
export function shortNames(instances: readonly string[]): string[] {
  const parts = instances.map((instance) => labelOf(instance).split(','));
  const isShared = (part: string): boolean => parts.every((others) => others.includes(part));
  return instances.map((instance, i) => {
    const own = instances.length > 1 ? parts[i]?.filter((part) => !isShared(part)) : parts[i];
    return own?.join(', ') || instance;
  });
}

function readValue(text: string): Scalar {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^".*"$/s.test(text)) return text.slice(1, -1);
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not of our making: a name in the database that was edited.
    return text;
  }
}
