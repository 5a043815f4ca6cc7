/** All that `assay verify` holds against the store, as of one moment: what each execution that ended well is said to have read and made. */
import type { Json } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import type { Artifact } from '../model/artifact.ts';
import type { FileStamp } from '../model/stat-cache.ts';
import type { Connection } from './connection.ts';
import type { InputRow, MetricRow, OutputRow, ParamRow } from './dataflow.ts';
import { isProcessRunning, type ProcessRow, type Processes } from './processes.ts';

/** An execution that ended well. */
export interface RecordedExecution {
  readonly id: number;
  readonly runId: number;
  readonly instance: string;
  readonly stage: string;
  readonly key: Digest;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly logDigest: Digest | null;
  readonly recordDigest: Digest | null;
  /** Whether it is what its key gives today. */
  readonly isResult: boolean;
  readonly inputs: readonly InputRow[];
  readonly outputs: readonly OutputRow[];
  readonly params: readonly ParamRow[];
  readonly metrics: readonly MetricRow[];
}

/** Rows of one table that refer to a row that is not there. */
export interface DanglingRows {
  readonly table: string;
  readonly parent: string;
  readonly count: number;
}

/** Rows that nothing refers to, or that belong to an execution which has none. */
export interface OrphanedRows {
  readonly table: OrphanTable;
  readonly count: number;
}

/** What an outcome says an execution made, where the execution's own rows say otherwise. */
export interface ContradictedOutcome {
  readonly runId: number;
  readonly instance: string;
  readonly executionId: number;
  readonly outputs: Readonly<Record<string, Digest>>;
}

/** A lease that no run can be holding. */
export interface ForgedLease {
  readonly key: Digest;
  readonly instance: string;
  readonly pid: number;
}

export interface RememberedFile {
  readonly path: string;
  readonly digest: Digest;
  readonly stamp: FileStamp;
}

export interface RowSnapshot {
  readonly executions: readonly RecordedExecution[];
  readonly artifacts: readonly Artifact[];
  readonly dangling: readonly DanglingRows[];
  readonly orphans: readonly OrphanedRows[];
  readonly outcomes: readonly ContradictedOutcome[];
  readonly leases: readonly ForgedLease[];
}

/** Only an execution that ended well has these. */
const OWNED = ['execution_input', 'execution_output', 'param', 'metric', 'expectation'] as const;
const IS_ORPHAN = {
  ...(Object.fromEntries(
    OWNED.map((table) => [
      table,
      `NOT EXISTS (SELECT 1 FROM execution WHERE execution.id = ${table}.execution_id AND status = 'ok')`,
    ]),
  ) as Record<(typeof OWNED)[number], string>),
  action: 'NOT EXISTS (SELECT 1 FROM execution WHERE execution.key = action.key)',
  artifact: `NOT EXISTS (SELECT 1 FROM execution_input WHERE artifact = artifact.digest)
    AND NOT EXISTS (SELECT 1 FROM execution_output WHERE artifact = artifact.digest)`,
};
export type OrphanTable = keyof typeof IS_ORPHAN;
const ORPHAN_TABLES = Object.keys(IS_ORPHAN) as OrphanTable[];

export function readRows(connection: Connection, processes: Processes): RowSnapshot {
  return connection.read(() => ({
    executions: readExecutions(connection),
    artifacts: connection.all<Artifact>(
      `SELECT digest, form, size_bytes AS sizeBytes, file_count AS fileCount FROM artifact WHERE form IS NOT NULL`,
    ),
    dangling: readDangling(connection),
    orphans: ORPHAN_TABLES.map((table) => ({ table, count: countOrphans(connection, table) })).filter(
      ({ count }) => count > 0,
    ),
    outcomes: readContradictedOutcomes(connection),
    leases: readForgedLeases(connection, processes),
  }));
}

/** Removes what refers to nothing and what nothing refers to. Only inside `write`, with foreign keys off. */
export function removeOrphans(connection: Connection): void {
  for (const table of ORPHAN_TABLES) connection.run(`DELETE FROM ${table} WHERE ${IS_ORPHAN[table]}`);
  connection.run(`DELETE FROM action_result WHERE NOT EXISTS (
    SELECT 1 FROM execution WHERE id = execution_id AND execution.key = action_result.key AND status = 'ok')`);
}

/** Every file that is remembered with its stamp. */
export function listRemembered(connection: Connection): RememberedFile[] {
  // Nanoseconds since 1970 exceed 2^53: as text, then as bigint.
  return connection
    .all<{ path: string; digest: Digest; dev: number; ino: number; sizeBytes: number; mtime: string; ctime: string }>(
      `SELECT path, digest, dev, ino, size_bytes AS sizeBytes, CAST(mtime_ns AS TEXT) AS mtime,
              CAST(ctime_ns AS TEXT) AS ctime FROM stat_cache ORDER BY path`,
    )
    .map(({ path, digest, mtime, ctime, ...stamp }) => ({
      path,
      digest,
      stamp: { ...stamp, mtimeNs: BigInt(mtime), ctimeNs: BigInt(ctime) },
    }));
}

function readExecutions(connection: Connection): RecordedExecution[] {
  const inputs = byExecution(
    connection.all<InputRow & { executionId: number }>(
      `SELECT execution_id AS executionId, name, nullif(label, '') AS label, artifact, path FROM execution_input
       ORDER BY execution_id, name, execution_input.label`,
    ),
  );
  const outputs = byExecution(
    connection.all<OutputRow & { executionId: number }>(
      'SELECT execution_id AS executionId, name, kind, artifact FROM execution_output ORDER BY execution_id, name',
    ),
  );
  const metrics = byExecution(
    connection.all<MetricRow & { executionId: number }>(
      'SELECT execution_id AS executionId, output, name, value FROM metric ORDER BY execution_id, output, name',
    ),
  );
  const params = byExecution(
    connection
      .all<{ executionId: number; name: string; value: string }>(
        'SELECT execution_id AS executionId, name, value FROM param ORDER BY execution_id, name',
      )
      .map((row) => ({ ...row, value: parseOrKeepText(row.value) })),
  );
  return connection
    .all<Omit<RecordedExecution, 'isResult' | 'inputs' | 'outputs' | 'params' | 'metrics'> & { result: number | null }>(
      `SELECT execution.id, run_id AS runId, instance, stage, execution.key, started_at_ms AS startedAtMs,
              ended_at_ms AS endedAtMs, log_digest AS logDigest, record_digest AS recordDigest, action_result.execution_id AS result
       FROM execution LEFT JOIN action_result ON action_result.execution_id = execution.id
       WHERE execution.status = 'ok' ORDER BY execution.id`,
    )
    .map(({ result, ...execution }) => ({
      ...execution,
      isResult: result !== null,
      inputs: inputs.get(execution.id) ?? [],
      outputs: outputs.get(execution.id) ?? [],
      params: params.get(execution.id) ?? [],
      metrics: metrics.get(execution.id) ?? [],
    }));
}

function byExecution<Row extends { executionId: number }>(
  rows: readonly Row[],
): Map<number, Omit<Row, 'executionId'>[]> {
  const grouped = new Map<number, Omit<Row, 'executionId'>[]>();
  for (const { executionId, ...row } of rows) {
    const group = grouped.get(executionId);
    if (group === undefined) grouped.set(executionId, [row]);
    else group.push(row);
  }
  return grouped;
}

function readDangling(connection: Connection): DanglingRows[] {
  const counts = new Map<string, DanglingRows>();
  for (const { table, parent } of connection.all<{ table: string; parent: string }>('PRAGMA foreign_key_check')) {
    const name = `${table} ${parent}`;
    counts.set(name, { table, parent, count: (counts.get(name)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

function countOrphans(connection: Connection, table: OrphanTable): number {
  const row = connection.get<{ count: number }>(`SELECT count(*) AS count FROM ${table} WHERE ${IS_ORPHAN[table]}`);
  return row?.count ?? 0;
}

function readContradictedOutcomes(connection: Connection): ContradictedOutcome[] {
  const made = new Map<number, Map<string, Digest>>();
  for (const { id, name, artifact } of connection.all<{ id: number; name: string; artifact: Digest }>(
    'SELECT execution_id AS id, name, artifact FROM execution_output',
  )) {
    const outputs = made.get(id) ?? new Map<string, Digest>();
    made.set(id, outputs.set(name, artifact));
  }
  return connection
    .all<{ runId: number; instance: string; executionId: number; outputs: string }>(
      `SELECT run_id AS runId, instance, execution_id AS executionId, outputs FROM outcome
       WHERE execution_id IS NOT NULL AND outcome IN ('cached', 'ran', 'shared') ORDER BY id`,
    )
    .map((row) => ({ ...row, outputs: parseOrKeepText(row.outputs) as Record<string, Digest> }))
    .filter(({ executionId, outputs }) =>
      Object.entries(outputs ?? {}).some(([name, artifact]) => made.get(executionId)?.get(name) !== artifact),
    );
}

/** A lease is taken by a process with a run under way, or was left by one that died: the next run takes that over. */
function readForgedLeases(connection: Connection, processes: Processes): ForgedLease[] {
  return connection
    .all<ProcessRow & ForgedLease>(
      `SELECT key, instance, host, pid, birth, heartbeat_at_ms FROM lease JOIN process ON process.id = process_id
       WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.process_id = lease.process_id AND run.status = 'running') ORDER BY key`,
    )
    .filter((row) => processes.isAlive(row, isProcessRunning))
    .map(({ key, instance, pid }) => ({ key, instance, pid }));
}

/** What is no JSON is shown as the text it is. */
function parseOrKeepText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
