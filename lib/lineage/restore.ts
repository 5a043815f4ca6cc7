/** Puts results back that were read from result records: a synthetic run, its executions, their dataflow. */
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { digestBytes, type Digest } from '../base/digest.ts';
import type { StageOutcome } from '../model/run.ts';
import type { Connection } from './connection.ts';
import type { Executions } from './executions.ts';
import type { Recorder } from './recorder.ts';
import type { ResultRecord } from './result-record.ts';
import type { Runs } from './runs.ts';

export interface RestorableResult {
  readonly recordDigest: Digest;
  readonly record: ResultRecord;
}

export interface RestoreCounts {
  readonly restored: number;
  /** Were in the database already. */
  readonly known: number;
}

export interface RestoreParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly runs: Runs;
  readonly executions: Executions;
  readonly recorder: Recorder;
}

/** The command line of the run under which results are put back. */
const REBUILD = ['rebuild'];

/** One transaction a chunk; idempotent; never replaces a later result of the same key. */
export function restoreResults(parts: RestoreParts, chunks: Iterable<readonly RestorableResult[]>): RestoreCounts {
  let runId: number | undefined;
  let restored = 0;
  let known = 0;
  for (const chunk of chunks) {
    parts.connection.write(() => {
      for (const result of chunk) {
        if (isKnown(parts.connection, result.recordDigest)) {
          known++;
          continue;
        }
        runId ??= startRun(parts);
        const outcome = restoreResult(parts, runId, result);
        if (isLatest(parts.connection, outcome)) parts.runs.recordOutcomes(runId, [outcome]);
        restored++;
      }
    });
  }
  if (runId !== undefined) parts.runs.end(runId, 'ok', parts.clock.nowMs());
  return { restored, known };
}

function isKnown(connection: Connection, recordDigest: Digest): boolean {
  return connection.get('SELECT 1 FROM execution WHERE record_digest = ?', recordDigest) !== undefined;
}

function restoreResult(parts: RestoreParts, runId: number, { record, recordDigest }: RestorableResult): StageOutcome {
  const { key, action, instance, stage, startedAtMs, endedAtMs, logDigest, inputs, outputs } = record;
  const executionId = parts.executions.start({
    runId,
    instance,
    stage,
    attempt: 1,
    key,
    action,
    startedAtMs,
    pid: process.pid,
  });
  parts.recorder.write({
    executionId,
    end: { status: 'ok', endedAtMs, exitCode: 0, signal: null, peakMemoryBytes: null, logDigest },
    inputs,
    outputs,
    metrics: record.metrics.map(({ output, name, value }) => ({ output, metrics: [{ name, value }] })),
    expectations: [],
    recordDigest,
  });
  const sql = 'SELECT committed_at_ms FROM action_result WHERE key = ?';
  const current = parts.connection.get<{ committed_at_ms: number }>(sql, key);
  if (current === undefined || current.committed_at_ms <= endedAtMs) parts.recorder.show(key, executionId, endedAtMs);
  return {
    instance,
    stage,
    outcome: 'ran',
    key,
    reasons: [],
    executionId,
    outputs: Object.fromEntries(outputs.map(({ name, artifact }) => [name, artifact.digest])),
    durationMs: endedAtMs - startedAtMs,
  };
}

function startRun({ runs, clock }: RestoreParts): number {
  return runs.start({
    startedAtMs: clock.nowMs(),
    argv: REBUILD,
    profile: null,
    overrides: [],
    pipelineDigest: digestBytes(''),
    git: null,
    user: '',
    host: hostname(),
    assayVersion: '',
  });
}

/**
 * Whether the instance has no history of its own, which would tell more, nor a later result among those put back: by this rebuild,
 * or by one that was cut short.
 */
function isLatest(connection: Connection, { instance, executionId }: StageOutcome): boolean {
  const sql = `SELECT 1 FROM outcome
    LEFT JOIN execution ON execution.id = outcome.execution_id JOIN run ON run.id = outcome.run_id
    WHERE outcome.instance = ? AND (run.argv <> ? OR execution.ended_at_ms > (SELECT ended_at_ms FROM execution WHERE id = ?))
    LIMIT 1`;
  return connection.get(sql, instance, JSON.stringify(REBUILD), executionId) === undefined;
}
