/** What the store must hold for the sake of the database, and whether the database's own records are what they were. */
import { digestBytes, type Digest } from '../base/digest.ts';
import { ACTION_TAG } from '../model/action.ts';
import type { OutputKind } from '../model/stage.ts';
import type { Connection } from './connection.ts';

/** One reason to keep a blob or an artifact. */
export interface Kept {
  readonly digest: Digest;
  readonly use: 'output' | 'input' | 'record' | 'log';
  readonly executionId: number;
  readonly instance: string;
  readonly stage: string;
  /** Of the output or input; empty for a record or a log. */
  readonly name: string;
  /** Of an output; else null. */
  readonly kind: OutputKind | null;
  /** Within the project, for an input that no stage made; else null. */
  readonly path: string | null;
}

/** An action that is not what its key says. */
export interface AlteredAction {
  readonly key: Digest;
  readonly found: Digest;
  /** That used it last; null when none did. */
  readonly instance: string | null;
}

/** The digests of `reachableDigests`, each with all that it is kept for, by instance and name. */
export function listKept(connection: Connection): Kept[] {
  const result = 'JOIN action_result ON action_result.execution_id = execution.id';
  return connection.all<Kept>(
    `SELECT artifact AS digest, 'output' AS use, execution.id AS executionId, instance, stage, name, kind, NULL AS path
       FROM execution_output JOIN execution ON execution.id = execution_output.execution_id ${result}
     UNION ALL SELECT artifact, 'input', execution.id, instance, stage, name, NULL, path
       FROM execution_input JOIN execution ON execution.id = execution_input.execution_id ${result}
     UNION ALL SELECT record_digest, 'record', execution.id, instance, stage, '', NULL, NULL
       FROM execution ${result} WHERE record_digest IS NOT NULL
     UNION ALL SELECT log_digest, 'log', id, instance, stage, '', NULL, NULL FROM execution WHERE log_digest IS NOT NULL
     ORDER BY instance, name, executionId`,
  );
}

/** Every action, hashed as it is stored: its canonical JSON under its tag. */
export function checkActions(connection: Connection): { count: number; altered: AlteredAction[] } {
  const rows = connection.all<{ key: Digest; json: string; instance: string | null }>(
    `SELECT key, json, (SELECT instance FROM execution WHERE execution.key = action.key ORDER BY id DESC LIMIT 1) AS instance
     FROM action ORDER BY instance, key`,
  );
  const altered = rows
    .map(({ key, json, instance }) => ({ key, found: digestBytes(`${ACTION_TAG}\0${json}`), instance }))
    .filter(({ key, found }) => key !== found);
  return { count: rows.length, altered };
}
