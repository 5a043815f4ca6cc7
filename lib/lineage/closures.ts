/** What is remembered because finding it again is slow: import closures of programs, and checked expectations. */
import type { Digest } from '../base/digest.ts';
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

export class ExpectationChecks {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** `digest` is that of the artifacts compared and of what was expected. */
  find(digest: Digest): ExpectationRecord | undefined {
    const row = this.#connection.get<{ json: string }>('SELECT json FROM expectation_check WHERE digest = ?', digest);
    return row && (JSON.parse(row.json) as ExpectationRecord);
  }

  /** Does nothing on a read-only database. */
  save(digest: Digest, record: ExpectationRecord): void {
    if (this.#connection.isReadOnly) return;
    const json = JSON.stringify(record);
    this.#connection.write(() =>
      this.#connection.run('INSERT OR REPLACE INTO expectation_check VALUES (?, ?)', digest, json),
    );
  }
}
