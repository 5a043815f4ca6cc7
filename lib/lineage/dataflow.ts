/** What executions read and made, one step at a time; lineage-graph.ts follows it through any number. */
import type { Json } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import type { Artifact } from '../model/artifact.ts';
import type { ArtifactUse, ExpectationRecord } from '../model/run.ts';
import { IS_NEW } from './lineage-graph.ts';
import type { OutputKind } from '../model/stage.ts';
import type { Connection } from './connection.ts';

export interface InputRow {
  readonly name: string;
  readonly label: string | null;
  readonly artifact: Digest;
  /** Within the project, where no stage made it; else null. */
  readonly path: string | null;
}

export interface OutputRow {
  readonly name: string;
  readonly kind: OutputKind;
  readonly artifact: Digest;
}

export interface MetricRow {
  readonly output: string;
  readonly name: string;
  readonly value: number;
}

export interface ParamRow {
  /** Dotted: `attack.count`. */
  readonly name: string;
  readonly value: Json;
}

export class Dataflow {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Every execution that made the artifact, oldest first. */
  producersOf(artifact: Digest): ArtifactUse[] {
    return this.#connection.all<ArtifactUse>(
      `SELECT execution.id AS executionId, run_id AS runId, instance, name, NULL AS label
       FROM execution_output JOIN execution ON execution.id = execution_id WHERE artifact = ? ORDER BY execution.id, name`,
      artifact,
    );
  }

  /** Of these, those that did not merely give back what they had read. */
  makersOf(artifact: Digest): ArtifactUse[] {
    return this.#connection.all<ArtifactUse>(
      `SELECT execution.id AS executionId, run_id AS runId, instance, made.name, NULL AS label FROM execution_output made
       JOIN execution ON execution.id = made.execution_id WHERE made.artifact = ? AND ${IS_NEW} ORDER BY execution.id, made.name`,
      artifact,
    );
  }

  /** Every execution that read it, oldest first. */
  consumersOf(artifact: Digest): ArtifactUse[] {
    return this.#connection.all<ArtifactUse>(
      `SELECT execution.id AS executionId, run_id AS runId, instance, name, nullif(label, '') AS label
       FROM execution_input JOIN execution ON execution.id = execution_id WHERE artifact = ?
       ORDER BY execution.id, name, label`,
      artifact,
    );
  }

  inputsOf(executionId: number): InputRow[] {
    return this.#connection.all<InputRow>(
      `SELECT name, nullif(label, '') AS label, artifact, path FROM execution_input WHERE execution_id = ?
       ORDER BY name, execution_input.label`,
      executionId,
    );
  }

  outputsOf(executionId: number): OutputRow[] {
    const sql = 'SELECT name, kind, artifact FROM execution_output WHERE execution_id = ? ORDER BY name';
    return this.#connection.all<OutputRow>(sql, executionId);
  }

  metricsOf(executionId: number): MetricRow[] {
    const sql = 'SELECT output, name, value FROM metric WHERE execution_id = ? ORDER BY output, name';
    return this.#connection.all<MetricRow>(sql, executionId);
  }

  paramsOf(executionId: number): ParamRow[] {
    return this.#connection
      .all<{ name: string; value: string }>(
        'SELECT name, value FROM param WHERE execution_id = ? ORDER BY name',
        executionId,
      )
      .map(({ name, value }) => ({ name, value: JSON.parse(value) as Json }));
  }

  expectationsOf(executionId: number): ExpectationRecord[] {
    return this.#connection
      .all<{ output: string; holds: number; findings: string }>(
        'SELECT output, holds, findings FROM expectation WHERE execution_id = ? ORDER BY output',
        executionId,
      )
      .map(({ output, holds, findings }) => ({
        output,
        holds: holds === 1,
        findings: JSON.parse(findings) as ExpectationRecord['findings'],
      }));
  }

  /** Where in the project the latest execution that read the artifact as a file or folder of it found it. */
  projectPathOf(artifact: Digest): string | undefined {
    const sql = `SELECT path FROM execution_input WHERE artifact = ? AND path IS NOT NULL ORDER BY execution_id DESC LIMIT 1`;
    return this.#connection.get<{ path: string }>(sql, artifact)?.path;
  }

  /** Undefined also for an input of which only the digest was recorded. */
  findArtifact(digest: Digest): Artifact | undefined {
    return this.#connection.get<Artifact>(
      `SELECT digest, form, size_bytes AS sizeBytes, file_count AS fileCount FROM artifact
       WHERE digest = ? AND form IS NOT NULL`,
      digest,
    );
  }

  /** Every artifact that a stage made as a dataset or folder, or read as a folder of the project: all that may be a dataset. */
  listDatasets(): Digest[] {
    return this.#connection
      .all<{ artifact: Digest }>(
        `SELECT artifact FROM execution_output WHERE kind IN ('dataset', 'directory')
         UNION SELECT artifact FROM execution_input JOIN artifact ON digest = artifact
           WHERE path IS NOT NULL AND form = 'directory' ORDER BY artifact`,
      )
      .map((row) => row.artifact);
  }

  /** The artifacts whose hex begins so, in order; none when it is not hex. */
  findArtifactByPrefix(hex: string): Digest[] {
    const prefix = `sha256:${hex.toLowerCase()}`;
    if (!/^sha256:[0-9a-f]{1,64}$/.test(prefix)) return [];
    // "g" sorts just after the last hex digit.
    const sql = 'SELECT digest FROM artifact WHERE digest >= ? AND digest < ? ORDER BY digest';
    return this.#connection.all<{ digest: Digest }>(sql, prefix, `${prefix}g`).map((row) => row.digest);
  }

  /**
   * What the store must keep: inputs, outputs and the record of every result, and all logs. What only the history knows, because
   * its result was forgotten or replaced, is not among it. The store adds the blobs of the manifests.
   */
  reachableDigests(): Set<Digest> {
    const rows = this.#connection.all<{ digest: Digest }>(
      `SELECT artifact AS digest FROM execution_output WHERE execution_id IN (SELECT execution_id FROM action_result)
       UNION SELECT artifact FROM execution_input WHERE execution_id IN (SELECT execution_id FROM action_result)
       UNION SELECT record_digest FROM execution JOIN action_result ON execution_id = execution.id
         WHERE record_digest IS NOT NULL
       UNION SELECT log_digest FROM execution WHERE log_digest IS NOT NULL`,
    );
    return new Set(rows.map((row) => row.digest));
  }
}
