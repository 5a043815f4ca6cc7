/** The history of runs: one invocation of the tool each, and what every stage instance came to in it. */
import type { Digest } from '../base/digest.ts';
import type { Run, RunStart, RunStatus, StageOutcome } from '../model/run.ts';
import type { Connection } from './connection.ts';
import type { Processes } from './processes.ts';

interface RunRow {
  readonly id: number;
  readonly status: RunStatus;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly argv: string;
  readonly profile: string | null;
  readonly overrides: string;
  readonly pipeline_digest: Digest;
  readonly git_commit: string | null;
  readonly git_is_dirty: number | null;
  readonly user: string;
  readonly host: string;
  readonly assay_version: string;
}

interface OutcomeRow {
  readonly instance: string;
  readonly stage: string;
  readonly outcome: StageOutcome['outcome'];
  readonly key: Digest | null;
  readonly reasons: string;
  readonly execution_id: number | null;
  readonly outputs: string;
  readonly duration_ms: number;
}

export class Runs {
  readonly #connection: Connection;
  readonly #processes: Processes;

  constructor(connection: Connection, processes: Processes) {
    this.#connection = connection;
    this.#processes = processes;
  }

  start(run: RunStart): number {
    return this.#connection.write(() =>
      this.#connection.run(
        `INSERT INTO run (process_id, status, started_at_ms, argv, profile, overrides, pipeline_digest, git_commit,
                          git_is_dirty, user, host, assay_version)
         VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        this.#processes.register(process.pid),
        Math.floor(run.startedAtMs),
        JSON.stringify(run.argv),
        run.profile,
        JSON.stringify(run.overrides),
        run.pipelineDigest,
        run.git?.commit ?? null,
        run.git === null ? null : Number(run.git.isDirty),
        run.user,
        run.host,
        run.assayVersion,
      ),
    );
  }

  /** Also corrects a run that another process took for lost. */
  end(id: number, status: Exclude<RunStatus, 'running'>, endedAtMs: number): void {
    this.#connection.write(() => {
      this.#connection.run(
        'UPDATE run SET status = ?, ended_at_ms = ? WHERE id = ?',
        status,
        Math.floor(endedAtMs),
        id,
      );
    });
  }

  /** A second outcome of the same instance replaces the first. */
  recordOutcomes(runId: number, outcomes: Iterable<StageOutcome>): void {
    this.#connection.write(() => {
      for (const outcome of outcomes) {
        this.#connection.run(
          `INSERT INTO outcome (run_id, instance, stage, outcome, key, reasons, execution_id, outputs, duration_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (run_id, instance) DO UPDATE SET
             stage = excluded.stage, outcome = excluded.outcome, key = excluded.key, reasons = excluded.reasons,
             execution_id = excluded.execution_id, outputs = excluded.outputs, duration_ms = excluded.duration_ms`,
          runId,
          outcome.instance,
          outcome.stage,
          outcome.outcome,
          outcome.key,
          JSON.stringify(outcome.reasons),
          outcome.executionId,
          JSON.stringify(outcome.outputs),
          outcome.durationMs,
        );
      }
    });
  }

  /** Newest first. */
  list(limit: number): Run[] {
    return this.#connection.all<RunRow>('SELECT * FROM run ORDER BY id DESC LIMIT ?', limit).map(toRun);
  }

  find(id: number): Run | undefined {
    const row = this.#connection.get<RunRow>('SELECT * FROM run WHERE id = ?', id);
    return row && toRun(row);
  }

  /** In the order in which they were first recorded. */
  outcomesOf(runId: number): StageOutcome[] {
    return this.#connection.all<OutcomeRow>('SELECT * FROM outcome WHERE run_id = ? ORDER BY id', runId).map(toOutcome);
  }
}

function toRun(row: RunRow): Run {
  return {
    id: row.id,
    status: row.status,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    argv: JSON.parse(row.argv) as string[],
    profile: row.profile,
    overrides: JSON.parse(row.overrides) as string[],
    pipelineDigest: row.pipeline_digest,
    git: row.git_commit === null ? null : { commit: row.git_commit, isDirty: row.git_is_dirty === 1 },
    user: row.user,
    host: row.host,
    assayVersion: row.assay_version,
  };
}

function toOutcome(row: OutcomeRow): StageOutcome {
  return {
    instance: row.instance,
    stage: row.stage,
    outcome: row.outcome,
    key: row.key,
    reasons: JSON.parse(row.reasons) as StageOutcome['reasons'],
    executionId: row.execution_id,
    outputs: JSON.parse(row.outputs) as StageOutcome['outputs'],
    durationMs: row.duration_ms,
  };
}
