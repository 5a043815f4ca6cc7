/** Puts rows back as the result records have them. The records vouch for themselves: each is named by its content. */
import { canonicalJson } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import type { Artifact } from '../model/artifact.ts';
import type { Connection } from './connection.ts';
import { flattenParams } from './recorder.ts';
import type { ResultRecord } from './result-record.ts';
import { removeOrphans } from './row-snapshot.ts';

export interface RowMending {
  /** Executions whose rows are to be as the record says. Their keys are the records' keys. */
  readonly records: readonly { readonly executionId: number; readonly record: ResultRecord }[];
  /** Keys whose results are not to be used any more. */
  readonly forget: readonly Digest[];
  /** What their manifests say of them. */
  readonly artifacts: readonly Artifact[];
  readonly leases: readonly Digest[];
  /** Paths whose remembered digests are wrong. */
  readonly forgetFiles: readonly string[];
}

/**
 * One transaction. Also removes rows that refer to nothing, and those that nothing refers to. `copy`: where the database as it was
 * is kept, for whoever asks later what was mended; must not exist.
 */
export function mendRows(connection: Connection, mending: RowMending, copy: string): void {
  connection.copyTo(copy);
  connection.withoutReferences(() =>
    connection.writeDurably(() => {
      for (const { executionId, record } of mending.records) restore(connection, executionId, record);
      for (const artifact of mending.artifacts) saveArtifact(connection, artifact);
      for (const key of mending.forget) connection.run('DELETE FROM action_result WHERE key = ?', key);
      for (const key of mending.leases) connection.run('DELETE FROM lease WHERE key = ?', key);
      for (const path of mending.forgetFiles) connection.run('DELETE FROM stat_cache WHERE path = ?', path);
      removeOrphans(connection);
    }),
  );
}

function restore(connection: Connection, executionId: number, record: ResultRecord): void {
  const { key, action, instance, stage, startedAtMs, endedAtMs, logDigest } = record;
  connection.run('INSERT OR REPLACE INTO action VALUES (?, ?)', key, canonicalJson(action));
  connection.run(
    `UPDATE execution SET instance = ?, stage = ?, started_at_ms = ?, ended_at_ms = ?, log_digest = ? WHERE id = ?`,
    instance,
    stage,
    startedAtMs,
    endedAtMs,
    logDigest,
    executionId,
  );
  for (const table of ['execution_input', 'execution_output', 'param', 'metric']) {
    connection.run(`DELETE FROM ${table} WHERE execution_id = ?`, executionId);
  }
  for (const { name, label, artifact, path } of record.inputs) {
    connection.run('INSERT INTO artifact (digest) VALUES (?) ON CONFLICT DO NOTHING', artifact);
    connection.run(
      'INSERT INTO execution_input VALUES (?, ?, ?, ?, ?)',
      executionId,
      name,
      label ?? '',
      artifact,
      path,
    );
  }
  for (const { name, kind, artifact } of record.outputs) {
    saveArtifact(connection, artifact);
    connection.run('INSERT INTO execution_output VALUES (?, ?, ?, ?)', executionId, name, kind, artifact.digest);
  }
  for (const [name, value] of flattenParams(action.params)) {
    connection.run('INSERT INTO param VALUES (?, ?, ?)', executionId, name, JSON.stringify(value));
  }
  for (const { output, name, value } of record.metrics) {
    connection.run('INSERT OR REPLACE INTO metric VALUES (?, ?, ?, ?)', executionId, output, name, value);
  }
  // What a run says that it made or found follows the execution that it names.
  connection.run(
    `UPDATE outcome SET outputs = ? WHERE execution_id = ? AND outcome IN ('cached', 'ran', 'shared')`,
    JSON.stringify(Object.fromEntries(record.outputs.map(({ name, artifact }) => [name, artifact.digest]))),
    executionId,
  );
}

function saveArtifact(connection: Connection, { digest, form, sizeBytes, fileCount }: Artifact): void {
  connection.run('INSERT OR REPLACE INTO artifact VALUES (?, ?, ?, ?)', digest, form, sizeBytes, fileCount);
}
