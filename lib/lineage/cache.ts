/** The cache: action key -> result. Results are written by the recorder alone. */
import { canonicalJson } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import type { Action } from '../model/action.ts';
import type { OutputDigests } from '../model/plan.ts';
import type { Connection } from './connection.ts';

export interface StoredResult {
  readonly executionId: number;
  readonly outputs: OutputDigests;
  /** The blob that says the same outside the database. */
  readonly record: Digest | null;
}

export interface LatestAction {
  readonly key: Digest;
  readonly action: Action;
  readonly executionId: number;
}

export class Cache {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  findResult(key: Digest): StoredResult | undefined {
    const rows = this.#connection.all<{
      execution_id: number;
      record_digest: Digest | null;
      name: string | null;
      artifact: Digest;
    }>(
      `SELECT result.execution_id, execution.record_digest, output.name, output.artifact
       FROM action_result result JOIN execution ON execution.id = result.execution_id
       LEFT JOIN execution_output output ON output.execution_id = result.execution_id
       WHERE result.key = ? ORDER BY output.name`,
      key,
    );
    const [first] = rows;
    if (first === undefined) return undefined;
    const outputs: Record<string, Digest> = {};
    for (const { name, artifact } of rows) if (name !== null) outputs[name] = artifact;
    return { executionId: first.execution_id, outputs, record: first.record_digest };
  }

  /** Every key that has a result. */
  listKeys(): Digest[] {
    return this.#connection.all<{ key: Digest }>('SELECT key FROM action_result ORDER BY key').map((row) => row.key);
  }

  findAction(key: Digest): Action | undefined {
    const row = this.#connection.get<{ json: string }>('SELECT json FROM action WHERE key = ?', key);
    return row && (JSON.parse(row.json) as Action);
  }

  /** Only inside `write`. */
  saveAction(key: Digest, action: Action): void {
    this.#connection.run('INSERT INTO action VALUES (?, ?) ON CONFLICT DO NOTHING', key, canonicalJson(action));
  }

  /** What the instance used in the most recent run in which it was cached, ran well, or took what another Assay made. */
  findLatestAction(instance: string): LatestAction | undefined {
    const row = this.#connection.get<{ key: Digest; json: string; execution_id: number }>(
      `SELECT action.key, action.json, coalesce(
           outcome.execution_id,
           (SELECT execution_id FROM action_result WHERE key = action.key),
           (SELECT max(id) FROM execution WHERE key = action.key AND status = 'ok')) AS execution_id
       FROM outcome JOIN action ON action.key = outcome.key
       WHERE outcome.instance = ? AND outcome.outcome IN ('cached', 'ran', 'shared')
       ORDER BY outcome.run_id DESC LIMIT 1`,
      instance,
    );
    return row && { key: row.key, action: JSON.parse(row.json) as Action, executionId: row.execution_id };
  }

  /** Whether some execution of this key once ended well, whatever became of its result. */
  hasRun(key: Digest): boolean {
    return this.#connection.get(`SELECT 1 FROM execution WHERE key = ? AND status = 'ok' LIMIT 1`, key) !== undefined;
  }
}
