/** Facts of a run for tests of its page. */
import type { Json } from '../../../lib/base/canonical-json.ts';
import { coordinatesOf } from '../../../lib/report/page/coordinates.ts';
import type { InstanceFacts, MetricsDocument, RunFacts } from '../../../lib/report/page/facts.ts';
import type { Execution } from '../../../lib/model/run.ts';
import { ACTION, digest } from '../fixtures.ts';

export const STARTED_MS = Date.UTC(2025, 2, 4, 15, 6, 7);

export function runFacts(rest: Partial<RunFacts> = {}): RunFacts {
  const pipelineDigest = digest('pipeline');
  return {
    project: 'digits',
    run: {
      ...{ id: 3, status: 'ok', startedAtMs: STARTED_MS, endedAtMs: STARTED_MS + 60_000, argv: ['run'], profile: null },
      ...{ overrides: [], pipelineDigest, git: null, user: 'ada', host: 'engine', assayVersion: '0.1.0' },
    },
    madeAtMs: STARTED_MS + 90_000,
    assayVersion: '0.1.0',
    ...{ instances: [], edges: [], source: 'pipeline', executions: [], artifacts: [], documents: [], texts: [] },
    pictures: { shown: [], total: 0 },
    ...{ dataset: null, paper: null, classes: [], audit: null },
    ...rest,
  };
}

export function instanceFacts(instance: string, rest: Partial<InstanceFacts> = {}): InstanceFacts {
  return {
    instance,
    stage: instance.replace(/\[.*/, ''),
    coordinates: coordinatesOf(instance),
    ...{ state: 'ran', reason: 'never run', durationMs: 1000, execution: { id: 1, runId: 3 }, key: digest(instance) },
    ...{ inputs: [], outputs: [], expectations: [], failure: null },
    ...rest,
  };
}

export function documentOf(instance: string, value: Json): MetricsDocument {
  const stage = instance.replace(/\[.*/, '');
  return {
    ...{ instance, stage, output: 'metrics', coordinates: coordinatesOf(instance) },
    artifact: digest(`${instance} metrics`),
    content: { value },
  };
}

export function executionFacts(id: number, instance: string, rest: Partial<Execution> = {}): Execution {
  return {
    ...{
      id,
      runId: 3,
      instance,
      stage: instance.replace(/\[.*/, ''),
      attempt: 1,
      key: digest(instance),
      action: ACTION,
    },
    ...{ startedAtMs: STARTED_MS + 1000 * id, endedAtMs: STARTED_MS + 1000 * id + 800, pid: 7, status: 'ok' },
    ...{ exitCode: 0, signal: null, peakMemoryBytes: 12e6, logDigest: null, outputs: [] },
    ...rest,
  };
}
