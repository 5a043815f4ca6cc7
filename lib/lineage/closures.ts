/** What is remembered because finding it again is slow: import closures of programs, and checked expectations. */
import type { Digest } from '../base/digest.ts';
import { parseJson } from '../base/parse-json.ts';
import type { ExpectationRecord } from '../model/run.ts';
import type { Connection } from './connection.ts';

export class Closures {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  recall(program: string): string | undefined {
    return this.#connection.get<{ json: string }>('SELECT json FROM closure WHERE program = ?', program)?.json;
  }

  /** Does nothing on a read-only database, and opens no write transaction when it is remembered so already. */
  remember(program: string, json: string): void {
    if (this.#connection.isReadOnly || this.recall(program) === json) return;
    this.#connection.write(() => this.#connection.run('INSERT OR REPLACE INTO closure VALUES (?, ?)', program, json));
  }
}

/** A finding, and what vouches for it: anyone who may write to the database could have put it there. */
export interface RememberedExpectation {
  readonly record: ExpectationRecord;
  readonly seal: string | null;
}

export class ExpectationChecks {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** `digest` is that of the artifacts compared and of what was expected. Undefined also for a row from before there were seals. */
  find(digest: Digest): RememberedExpectation | undefined {
    const row = this.#connection.get<{ json: string }>('SELECT json FROM expectation_check WHERE digest = ?', digest);
    const remembered = row && (parseJson(row.json) as Partial<RememberedExpectation> | null | undefined);
    return remembered?.record === undefined ? undefined : { record: remembered.record, seal: remembered.seal ?? null };
  }

  /** Does nothing on a read-only database. */
  save(digest: Digest, remembered: RememberedExpectation): void {
    if (this.#connection.isReadOnly) return;
    const json = JSON.stringify(remembered);
    this.#connection.write(() =>
      this.#connection.run('INSERT OR REPLACE INTO expectation_check VALUES (?, ?)', digest, json),
    );
  }
}
