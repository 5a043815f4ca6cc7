/** The only way a result becomes visible: everything an execution read and made, and the result itself, in one transaction. */
import type { Json, JsonObject } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import { InternalError, UserError } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { Artifact } from '../model/artifact.ts';
import type { ExecutionEnd, ExpectationRecord, Metric } from '../model/run.ts';
import type { OutputKind } from '../model/stage.ts';
import type { Cache } from './cache.ts';
import type { Connection } from './connection.ts';
import type { Executions } from './executions.ts';

export interface Commit {
  readonly executionId: number;
  readonly end: ExecutionEnd;
  readonly inputs: readonly {
    readonly name: string;
    /** The member of a fan-in, or null. */
    readonly label: string | null;
    /** As an Artifact where no stage made it (a `./path` input), so that its form and size are known. */
    readonly artifact: Digest | Artifact;
    /** Within the project, where no stage made it; else null. */
    readonly path: string | null;
  }[];
  readonly outputs: readonly { readonly name: string; readonly kind: OutputKind; readonly artifact: Artifact }[];
  readonly metrics: readonly { readonly output: string; readonly metrics: readonly Metric[] }[];
  readonly expectations: readonly ExpectationRecord[];
  /** Of the result record (result-record.ts), already in the store. */
  readonly recordDigest?: Digest;
}

export class Recorder {
  readonly #connection: Connection;
  readonly #cache: Cache;
  readonly #executions: Executions;

  constructor(connection: Connection, cache: Cache, executions: Executions) {
    this.#connection = connection;
    this.#cache = cache;
    this.#executions = executions;
  }

  /**
   * Blobs and manifests must be in the store by now: a crash before the commit leaves orphans, never a dangling reference.
   * Replaces an earlier result of the key, as when a stage was forced to run again. Throws UserError lease-lost when another
   * process took the key over meanwhile: it may have been working in the same folder.
   */
  commit(commit: Commit): void {
    this.#connection.writeDurably(() => {
      this.#refuseTakenOver(commit.executionId);
      const key = this.write(commit);
      this.show(key, commit.executionId, commit.end.endedAtMs);
    });
  }

  /** Records the execution as ended well, with its dataflow; shows no result yet. Only inside `write`. Returns the key. */
  write(commit: Commit): Digest {
    const { executionId } = commit;
    if (commit.end.status !== 'ok') throw new InternalError(`only status ok is committed: got ${commit.end.status}`);
    const breach = commit.expectations.find((expectation) => !expectation.holds);
    if (breach !== undefined) throw new InternalError(`an expectation of "${breach.output}" does not hold`);
    const { key, action } = this.#readAction(executionId);
    const mismatch = findMismatch(action, commit);
    if (mismatch !== undefined) throw new InternalError(mismatch);

    this.#executions.end(executionId, commit.end, commit.recordDigest ?? null);
    for (const { name, label, artifact, path } of commit.inputs) {
      const values = [executionId, name, label ?? '', this.#saveArtifact(artifact), path] as const;
      this.#connection.run('INSERT INTO execution_input VALUES (?, ?, ?, ?, ?)', ...values);
    }
    for (const { name, kind, artifact } of commit.outputs) {
      const digest = this.#saveArtifact(artifact);
      this.#connection.run('INSERT INTO execution_output VALUES (?, ?, ?, ?)', executionId, name, kind, digest);
    }
    for (const [name, value] of flattenParams(action.params)) {
      this.#connection.run('INSERT INTO param VALUES (?, ?, ?)', executionId, name, JSON.stringify(value));
    }
    for (const { output, metrics } of commit.metrics) {
      for (const { name, value } of metrics) {
        if (!Number.isFinite(value)) throw new InternalError(`metric "${output}.${name}" must be finite: got ${value}`);
        this.#connection.run('INSERT OR REPLACE INTO metric VALUES (?, ?, ?, ?)', executionId, output, name, value);
      }
    }
    for (const { output, holds, findings } of commit.expectations) {
      const values = [executionId, output, Number(holds), JSON.stringify(findings)] as const;
      this.#connection.run('INSERT INTO expectation VALUES (?, ?, ?, ?)', ...values);
    }
    return key;
  }

  /** Makes a written execution the result of its key. Only inside `write`. */
  show(key: Digest, executionId: number, committedAtMs: number): void {
    this.#connection.run(
      `INSERT OR REPLACE INTO action_result (key, execution_id, committed_at_ms) VALUES (?, ?, ?)`,
      key,
      executionId,
      Math.floor(committedAtMs),
    );
  }

  /** Whoever takes a lease over starts an execution of the same key: it is there to see when the lease has been given back too. */
  #refuseTakenOver(executionId: number): void {
    const taken = this.#connection.get<{ instance: string }>(
      `SELECT instance FROM execution AS mine WHERE id = ? AND (
         EXISTS (SELECT 1 FROM lease WHERE lease.key = mine.key AND lease.process_id <> mine.process_id)
         OR EXISTS (SELECT 1 FROM execution AS later WHERE later.key = mine.key AND later.id > mine.id))`,
      executionId,
    );
    if (taken !== undefined) throw leaseLost(taken.instance);
  }

  #readAction(executionId: number): { key: Digest; action: Action } {
    const row = this.#connection.get<{ key: Digest }>('SELECT key FROM execution WHERE id = ?', executionId);
    const action = row && this.#cache.findAction(row.key);
    if (!row || !action) throw new InternalError(`there is no execution ${executionId} to commit`);
    return { key: row.key, action };
  }

  #saveArtifact(artifact: Digest | Artifact): Digest {
    if (typeof artifact === 'string') {
      this.#connection.run('INSERT INTO artifact (digest) VALUES (?) ON CONFLICT DO NOTHING', artifact);
      return artifact;
    }
    this.#connection.run(
      `INSERT INTO artifact (digest, form, size_bytes, file_count) VALUES (?, ?, ?, ?)
       ON CONFLICT (digest) DO UPDATE SET form = excluded.form, size_bytes = excluded.size_bytes,
         file_count = excluded.file_count WHERE form IS NULL`,
      artifact.digest,
      artifact.form,
      artifact.sizeBytes,
      artifact.fileCount,
    );
    return artifact.digest;
  }
}

export function leaseLost(instance: string): UserError {
  return new UserError(
    'lease-lost',
    `${instance}: this process gave no sign of life for so long that another took the stage over; its result is not kept`,
    { hint: 'run again, to use what the other process makes' },
  );
}

/** Leaves by dotted path; arrays are leaves. Where `attack` and `attack.count` both name a leaf, the one written in full counts. */
export function flattenParams(params: JsonObject): Map<string, Json> {
  const leaves = new Map<string, Json>();
  const visit = (name: string, value: Json) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      leaves.set(name, value);
      return;
    }
    const members = Object.entries(value as JsonObject);
    if (members.length === 0) leaves.set(name, value);
    for (const [member, inner] of members) visit(`${name}.${member}`, inner);
  };
  const byDepth = Object.entries(params).sort(([a], [b]) => a.split('.').length - b.split('.').length);
  for (const [name, value] of byDepth) visit(name, value);
  return leaves;
}

/** In what the inputs and outputs differ from those that the action, and so the key, speaks of; undefined when in nothing. */
export function findMismatch(action: Action, commit: Pick<Commit, 'inputs' | 'outputs'>): string | undefined {
  const declaredInputs = Object.entries(action.inputs).flatMap(([name, bound]) =>
    typeof bound === 'string'
      ? [`${name} ${bound}`]
      : Object.entries(bound).map(([label, artifact]) => `${name}[${label}] ${artifact}`),
  );
  const givenInputs = commit.inputs.map(({ name, label, artifact }) => {
    const digest = typeof artifact === 'string' ? artifact : artifact.digest;
    return `${label === null ? name : `${name}[${label}]`} ${digest}`;
  });
  const declaredOutputs = Object.entries(action.outputs).map(([name, kind]) => `${name} ${kind}`);
  const givenOutputs = commit.outputs.map(({ name, kind }) => `${name} ${kind}`);
  return compareSets('inputs', declaredInputs, givenInputs) ?? compareSets('outputs', declaredOutputs, givenOutputs);
}

function compareSets(what: string, declared: string[], given: string[]): string | undefined {
  const [expected, found] = [declared.sort().join(', '), given.sort().join(', ')];
  return expected === found ? undefined : `the ${what} are not the action's (${expected}): got ${found || 'none'}`;
}
