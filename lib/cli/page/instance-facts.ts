/** What every stage instance of a run came to, what it read and what it made. */
import { groupBy } from '../../base/group-by.ts';
import { UserError } from '../../base/errors.ts';
import type { Execution, StageOutcome } from '../../model/run.ts';
import type { StageInstance } from '../../model/stage.ts';
import { coordinatesOf } from '../../report/page/coordinates.ts';
import type { InstanceFacts } from '../../report/page/facts.ts';
import { reasonSummary } from '../../report/reason-summary.ts';
import { tailLines } from './tail-lines.ts';
import type { Parts } from '../wire.ts';

/** Of what a failed program wrote last. */
const LOG_TAIL_LINES = 20;

/** `planned`: in the pipeline's order, what the run was asked for; empty where that is not known. */
export function readInstances(
  parts: Parts,
  runId: number,
  executions: readonly Execution[],
  planned: readonly StageInstance[],
): InstanceFacts[] {
  const outcomes = new Map(parts.lineage.outcomesOf(runId).map((outcome) => [outcome.instance, outcome]));
  const latest = new Map(executions.map((execution) => [execution.instance, execution]));
  const stages = new Map([
    ...planned.map(({ id, stage }) => [id, stage] as const),
    ...[...outcomes.values(), ...latest.values()].map(({ instance, stage }) => [instance, stage] as const),
  ]);
  const order = planned.length > 0 ? [...stages] : inNaturalOrder([...stages]);
  return order.map(([instance, stage]) => {
    const outcome = outcomes.get(instance);
    const execution = latest.get(instance);
    return outcome === undefined ? undecided(instance, stage, execution) : decided(parts, outcome, execution);
  });
}

/** As they ended, but the instances of a stage together and by their coordinates: two that ran side by side end in any order. */
function inNaturalOrder(instances: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const byName = new Intl.Collator('en', { numeric: true });
  return [...groupBy(instances, ([, stage]) => stage).values()].flatMap((group) =>
    [...group].sort(([a], [b]) => byName.compare(a, b)),
  );
}

/** Of a run that goes on, or was killed. */
function undecided(instance: string, stage: string, execution: Execution | undefined): InstanceFacts {
  return {
    ...{ instance, stage, coordinates: coordinatesOf(instance), reason: '', durationMs: null },
    state: execution?.status === 'running' ? 'running' : execution === undefined ? 'waiting' : 'interrupted',
    execution: execution === undefined ? null : { id: execution.id, runId: execution.runId },
    key: execution?.key ?? null,
    ...{ inputs: [], outputs: [], expectations: [], failure: null },
  };
}

function decided(parts: Parts, outcome: StageOutcome, latest: Execution | undefined): InstanceFacts {
  const { lineage } = parts;
  const { instance, stage, outcome: state, executionId, key } = outcome;
  const made = executionId === null ? undefined : lineage.findExecution(executionId);
  const isIdle = state === 'cached' || executionId === null;
  const isMade = state === 'cached' || state === 'ran' || state === 'shared';
  return {
    ...{ instance, stage, coordinates: coordinatesOf(instance), state, key },
    reason: state === 'ran' || state === 'failed' ? reasonSummary(outcome.reasons) : '',
    durationMs: isIdle ? null : outcome.durationMs,
    execution: made === undefined ? null : { id: made.id, runId: made.runId },
    inputs:
      made === undefined || !isMade
        ? []
        : lineage.inputsOf(made.id).map(({ name, label, artifact, path }) => ({
            name: label === null ? name : `${name}[${label}]`,
            artifact,
            path,
          })),
    outputs: made === undefined || !isMade ? [] : lineage.outputsOf(made.id),
    expectations: made === undefined || !isMade ? [] : lineage.expectationsOf(made.id),
    failure: state === 'failed' ? failureOf(parts, made ?? latest) : null,
  };
}

function failureOf({ store }: Parts, execution: Execution | undefined): InstanceFacts['failure'] {
  if (execution === undefined) return { status: 'it could not be started', logTail: [] };
  const { status, exitCode, signal, logDigest } = execution;
  const end = exitCode === null ? (signal === null ? '' : `, signal ${signal}`) : `, exit code ${exitCode}`;
  try {
    const logTail = logDigest === null ? [] : tailLines(store.readBlob(logDigest).toString('utf8'), LOG_TAIL_LINES);
    return { status: `${status}${end}`, logTail };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { status: `${status}${end}`, logTail: [`(its log cannot be read: ${error.message})`] };
  }
}
