/** The history of executions: one process of one stage each. */
import type { Clock } from '../base/clock.ts';
import type { Digest } from '../base/digest.ts';
import { InternalError } from '../base/errors.ts';
import { actionKey, type Action } from '../model/action.ts';
import type { Execution, ExecutionEnd, ExecutionStart, ExecutionStatus } from '../model/run.ts';
import type { Cache } from './cache.ts';
import type { Connection } from './connection.ts';
import type { Dataflow } from './dataflow.ts';
import type { ProcessRow, Processes } from './processes.ts';

interface ExecutionRow extends ProcessRow {
  readonly id: number;
  readonly run_id: number;
  readonly instance: string;
  readonly stage: string;
  readonly attempt: number;
  readonly key: Digest;
  readonly json: string;
  readonly status: ExecutionStatus;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly peak_memory_bytes: number | null;
  readonly log_digest: Digest | null;
}

export interface EndedExecution {
  readonly id: number;
  readonly key: Digest;
  readonly startedAtMs: number;
  readonly recordDigest: Digest | null;
  readonly isRunEnded: boolean;
}

const SELECT = `SELECT execution.*, action.json, host, pid, birth, heartbeat_at_ms FROM execution
  JOIN action ON action.key = execution.key JOIN process ON process.id = execution.process_id`;

export class Executions {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #processes: Processes;
  readonly #cache: Cache;
  readonly #dataflow: Dataflow;

  constructor(connection: Connection, clock: Clock, processes: Processes, cache: Cache, dataflow: Dataflow) {
    this.#connection = connection;
    this.#clock = clock;
    this.#processes = processes;
    this.#cache = cache;
    this.#dataflow = dataflow;
  }

  start(execution: ExecutionStart): number {
    const { key, action } = execution;
    if (actionKey(action) !== key) throw new InternalError(`the key is not the digest of the action: got ${key}`);
    return this.#connection.write(() => {
      this.#cache.saveAction(key, action);
      return this.#connection.run(
        `INSERT INTO execution (run_id, instance, stage, attempt, key, process_id, status, started_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, 'running', ?)`,
        execution.runId,
        execution.instance,
        execution.stage,
        execution.attempt,
        key,
        this.#processes.register(execution.pid),
        Math.floor(execution.startedAtMs),
      );
    });
  }

  fail(id: number, end: ExecutionEnd): void {
    if (end.status === 'ok') throw new InternalError('an execution that ended well is committed: got status ok');
    this.#connection.write(() => this.end(id, end, null));
  }

  /** Ends what runs, or what another process took for lost. Only inside `write`. */
  end(id: number, end: ExecutionEnd, recordDigest: Digest | null): void {
    const row = this.#connection.get<{ status: ExecutionStatus }>('SELECT status FROM execution WHERE id = ?', id);
    if (row?.status !== 'running' && row?.status !== 'lost') {
      throw new InternalError(`execution ${id} is not running: got ${row?.status ?? 'no such execution'}`);
    }
    this.#connection.run(
      `UPDATE execution SET status = ?, ended_at_ms = ?, exit_code = ?, signal = ?, peak_memory_bytes = ?, log_digest = ?,
                            record_digest = ? WHERE id = ?`,
      end.status,
      Math.floor(end.endedAtMs),
      end.exitCode,
      end.signal,
      end.peakMemoryBytes,
      end.logDigest,
      recordDigest,
      id,
    );
  }

  find(id: number): Execution | undefined {
    const row = this.#connection.get<ExecutionRow>(`${SELECT} WHERE execution.id = ?`, id);
    return row && this.#toExecution(row);
  }

  /** Of the result record in the store; null for an execution that did not end well. */
  recordDigestOf(id: number): Digest | null {
    const row = this.#connection.get<{ digest: Digest | null }>(
      'SELECT record_digest AS digest FROM execution WHERE id = ?',
      id,
    );
    return row?.digest ?? null;
  }

  /** All that have ended for good, oldest first. A lost one may still be committed by its process. */
  listEnded(): EndedExecution[] {
    return this.#connection
      .all<Omit<EndedExecution, 'isRunEnded'> & { isRunEnded: number }>(
        `SELECT execution.id, key, execution.started_at_ms AS startedAtMs, record_digest AS recordDigest,
                run.status IS NOT 'running' AS isRunEnded
         FROM execution LEFT JOIN run ON run.id = run_id
         WHERE execution.status NOT IN ('running', 'lost') ORDER BY execution.id`,
      )
      .map((row) => ({ ...row, isRunEnded: row.isRunEnded === 1 }));
  }

  isRecorded(recordDigest: Digest, key: Digest | null): boolean {
    const sql = `SELECT 1 FROM execution WHERE record_digest = ? UNION ALL
      SELECT 1 FROM execution WHERE key = ? AND status = 'running' LIMIT 1`;
    return this.#connection.get(sql, recordDigest, key) !== undefined;
  }

  /** Newest first; of an instance by its id, or of all instances of a stage. */
  listOf(instanceOrStage: string, limit: number): Execution[] {
    // Two searches, each ended by its own limit: with OR, SQLite would sort all executions of the stage.
    const newest = (column: string) =>
      `SELECT * FROM (SELECT id FROM execution WHERE ${column} = ? ORDER BY started_at_ms DESC, id DESC LIMIT ?)`;
    return this.#connection
      .all<ExecutionRow>(
        `${SELECT} WHERE execution.id IN (${newest('instance')} UNION ${newest('stage')})
         ORDER BY started_at_ms DESC, execution.id DESC LIMIT ?`,
        instanceOrStage,
        limit,
        instanceOrStage,
        limit,
        limit,
      )
      .map((row) => this.#toExecution(row));
  }

  /** In the order in which they started. */
  listOfRun(runId: number): Execution[] {
    return this.#connection
      .all<ExecutionRow>(`${SELECT} WHERE execution.run_id = ? ORDER BY execution.id`, runId)
      .map((row) => this.#toExecution(row));
  }

  /** Mean milliseconds of the executions of each stage that ended well in runs with this profile. */
  meanDurations(profile: string | null): ReadonlyMap<string, number> {
    const rows = this.#connection.all<{ stage: string; duration: number }>(
      `SELECT execution.stage, avg(execution.ended_at_ms - execution.started_at_ms) AS duration
       FROM execution JOIN run ON run.id = execution.run_id
       WHERE execution.status = 'ok' AND run.profile IS ? GROUP BY execution.stage`,
      profile,
    );
    return new Map(rows.map(({ stage, duration }) => [stage, duration]));
  }

  /**
   * Marks what runs without a living process as lost, runs too, and frees its leases. Returns the executions, as they are now.
   * Opens no write transaction when there are none.
   */
  markLost(isRunning: (pid: number) => boolean): Execution[] {
    const isGone = (row: ProcessRow) => !this.#processes.isAlive(row, isRunning);
    const executions = this.#connection.all<ExecutionRow>(`${SELECT} WHERE status = 'running'`).filter(isGone);
    const runs = this.#connection
      .all<ProcessRow & { id: number }>(
        `SELECT run.id, process.host, pid, birth, heartbeat_at_ms FROM run
         JOIN process ON process.id = process_id WHERE status = 'running'`,
      )
      .filter(isGone);
    if (executions.length === 0 && runs.length === 0) return [];
    const nowMs = this.#clock.nowMs();
    this.#connection.write(() => {
      for (const [table, rows] of [['execution', executions] as const, ['run', runs] as const]) {
        for (const { id } of rows) {
          // Still running: it may have ended, or been marked by another process, since it was read.
          const sql = `UPDATE ${table} SET status = 'lost', ended_at_ms = ? WHERE id = ? AND status = 'running'`;
          this.#connection.run(sql, nowMs, id);
        }
      }
      for (const { key, id } of executions) {
        const sql = 'DELETE FROM lease WHERE key = ? AND process_id = (SELECT process_id FROM execution WHERE id = ?)';
        this.#connection.run(sql, key, id);
      }
    });
    return executions.map(({ id }) => this.find(id)).filter((execution) => execution?.status === 'lost') as Execution[];
  }

  #toExecution(row: ExecutionRow): Execution {
    return {
      id: row.id,
      runId: row.run_id,
      instance: row.instance,
      stage: row.stage,
      attempt: row.attempt,
      key: row.key,
      action: JSON.parse(row.json) as Action,
      pid: row.pid,
      status: row.status,
      startedAtMs: row.started_at_ms,
      endedAtMs: row.ended_at_ms,
      exitCode: row.exit_code,
      signal: row.signal,
      peakMemoryBytes: row.peak_memory_bytes,
      logDigest: row.log_digest,
      outputs: this.#dataflow.outputsOf(row.id),
    };
  }
}
