/** A metrics output as the list of its numbers. */
import { compareUtf8 } from '../base/canonical-json.ts';
import type { Metric } from '../model/run.ts';

/**
 * The numeric leaves of a JSON value, in UTF-8 order of their names: keys and array indexes joined by dots, as in
 * `confusion.7.7`. Text, booleans and nulls are no metrics. `duplicate` is the first name that two leaves share, which happens
 * only when a key itself holds a dot.
 */
export function flattenMetrics(value: unknown): {
  readonly metrics: readonly Metric[];
  readonly duplicate: string | null;
} {
  const metrics: Metric[] = [];
  collect(value, '', metrics);
  metrics.sort((a, b) => compareUtf8(a.name, b.name));
  const duplicate = metrics.find((metric, i) => metrics[i + 1]?.name === metric.name);
  return { metrics, duplicate: duplicate?.name ?? null };
}

function collect(value: unknown, name: string, into: Metric[]): void {
  if (typeof value === 'number') into.push({ name, value });
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) collect(member, name === '' ? key : `${name}.${key}`, into);
}
