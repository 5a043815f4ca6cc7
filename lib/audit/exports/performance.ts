/** What was measured of a model, by the executions that read it and by the one that made it. */
import type { Digest } from '../../base/digest.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import type { MetricRow } from '../../lineage/dataflow.ts';

export interface Measurement {
  /** `accuracy`, `recall`, or the metric's own name. */
  readonly type: string;
  readonly value: number;
  /** The part of the data it was measured on: `test`, `class=3`; null when the name of the metric does not say. */
  readonly slice: string | null;
  /** The artifact it was read from. */
  readonly evaluation: Digest;
}

/** The names that the built-in experiment gives (stages/evaluate.ts, stages/pretrain.ts). */
const KNOWN: readonly [RegExp, (match: RegExpExecArray) => Pick<Measurement, 'type' | 'slice'>][] = [
  [/^(?:accuracy|total)$/, () => ({ type: 'accuracy', slice: 'test' })],
  [/^perClass\.(\d+)$/, (match) => ({ type: 'recall', slice: `class=${match[1]}` })],
  [/^onPoison$/, () => ({ type: 'accuracy', slice: 'poison' })],
];

/**
 * Of an execution that read the model as `after`, the metrics `after.…` are the model's; where none is called so, all of them are.
 * Of the execution that made it, only metrics of known names: it also records steps and sizes. Elements of lists (a confusion
 * matrix, a training curve) are left to the artifact. An instance that ran again counts once, by its latest execution.
 */
export function measurementsOf(lineage: Lineage, model: Digest): Measurement[] {
  const latest = new Map<string, { executionId: number; input: string | null }>();
  for (const { executionId, instance } of lineage.producersOf(model)) {
    latest.set(`made by ${instance}`, { executionId, input: null });
  }
  for (const { executionId, instance, name } of lineage.consumersOf(model)) {
    latest.set(`read by ${instance} as ${name}`, { executionId, input: name });
  }
  const found = new Map<string, Measurement>();
  for (const { executionId, input } of latest.values()) {
    for (const measurement of measuredBy(lineage, executionId, input)) {
      const { type, slice, value } = measurement;
      found.set(`${type} ${slice} ${value}`, measurement);
    }
  }
  return [...found.values()];
}

function measuredBy(lineage: Lineage, executionId: number, input: string | null): Measurement[] {
  const artifactOf = new Map(lineage.outputsOf(executionId).map(({ name, artifact }) => [name, artifact]));
  return ownMetrics(lineage.metricsOf(executionId), input).flatMap(({ output, name, value }) => {
    const evaluation = artifactOf.get(output);
    const known = describe(name);
    // A metric reported while running belongs to no artifact that could be named.
    if (evaluation === undefined || (known === undefined && input === null)) return [];
    if (known === undefined && /(^|\.)\d+(\.|$)/.test(name)) return [];
    return [{ ...(known ?? { type: name, slice: null }), value, evaluation }];
  });
}

function ownMetrics(metrics: readonly MetricRow[], input: string | null): readonly MetricRow[] {
  const prefix = `${input}.`;
  const own = input === null ? [] : metrics.filter(({ name }) => name.startsWith(prefix));
  return own.length === 0 ? metrics : own.map((metric) => ({ ...metric, name: metric.name.slice(prefix.length) }));
}

function describe(name: string): Pick<Measurement, 'type' | 'slice'> | undefined {
  for (const [pattern, read] of KNOWN) {
    const match = pattern.exec(name);
    if (match !== null) return read(match);
  }
  return undefined;
}
