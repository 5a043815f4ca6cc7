/** A connection to lineage.db: statements prepared once when first used, write transactions, errors in the user's words. */
import Database from 'better-sqlite3';
import { UserError } from '../base/errors.ts';

/** How long a writer waits for another. Our longest transaction, a rebuild's thousand results, takes well under a second. */
export const BUSY_TIMEOUT_MS = 10_000;

type Value = string | number | bigint | null;

export class Connection {
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement<Value[], unknown>>();
  readonly #transact: Database.Transaction<(work: () => unknown) => unknown>;

  constructor(database: Database.Database, path: string, isReadOnly: boolean) {
    this.#database = database;
    this.path = path;
    this.isReadOnly = isReadOnly;
    this.#transact = database.transaction((work: () => unknown) => work());
  }

  /** The first row. */
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values) as Row | undefined);
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...values) as Row[]);
  }

  /** Changes rows; returns the id of the last inserted one. Only inside `write`. */
  run(sql: string, ...values: Value[]): number {
    return this.#guard(() => Number(this.#prepare(sql).run(...values).lastInsertRowid));
  }

  /**
   * All of `work` or nothing, in one write transaction; inside another `write`, part of it. `work` must be synchronous.
   * IMMEDIATE, because a transaction that begins by reading and then writes fails at once, whatever the busy timeout, when
   * another process wrote in between (SQLITE_BUSY_SNAPSHOT).
   */
  write<T>(work: () => T): T {
    return this.#guard(() => this.#transact.immediate(work) as T);
  }

  /**
   * `write`, and on disk when it returns. Plain WAL commits survive the death of the process but not of the machine, and may
   * come undone in the order of the log only: a row that was removed before its blobs must not come back after them.
   */
  writeDurably<T>(work: () => T): T {
    if (this.#database.inTransaction) return this.write(work);
    this.#database.pragma('synchronous = FULL');
    try {
      return this.write(work);
    } finally {
      this.#database.pragma('synchronous = NORMAL');
    }
  }

  /** Writes the database as it is to a file that must not exist. Not inside a transaction. */
  copyTo(path: string): void {
    this.#guard(() => this.#database.prepare('VACUUM INTO ?').run(path));
  }

  /** Does not check what rows refer to while `work` mends them. Not inside a transaction. */
  withoutReferences<T>(work: () => T): T {
    this.#database.pragma('foreign_keys = OFF');
    try {
      return work();
    } finally {
      this.#database.pragma('foreign_keys = ON');
    }
  }

  /** Many reads of one state, and without the cost of a lock for each. */
  read<T>(work: () => T): T {
    return this.#guard(() => this.#transact.deferred(work) as T);
  }

  /** Reads the whole file. Throws UserError database-unreadable when SQLite finds a fault in it. */
  checkIntegrity(): void {
    const finding = this.#guard(() => String(this.#database.pragma('integrity_check(1)', { simple: true })));
    if (finding !== 'ok') throw unreadableDatabase(this.path, finding);
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): Database.Statement<Value[], unknown> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare<Value[], unknown>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explainDatabaseError(error, this.path);
    }
  }
}

/** What the user can act on as a UserError; anything else, such as a violated constraint, unchanged. */
export function explainDatabaseError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const cause = error;
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(error.code)) return unreadableDatabase(path, error.message, cause);
  if (/^SQLITE_BUSY/.test(error.code)) {
    const message = `${path} is locked: another process has been writing to it for more than ${BUSY_TIMEOUT_MS / 1000} s`;
    return new UserError('database-busy', message, {
      hint: 'wait for the other process to end, then try again',
      cause,
    });
  }
  if (error.code === 'SQLITE_FULL') {
    return new UserError('database-full', `no space left to write ${path}`, {
      hint: 'free disk space, then try again',
      cause,
    });
  }
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN|PERM|AUTH)/.test(error.code)) {
    const hint = `check that you may read and write ${path} and its folder`;
    return new UserError('database-inaccessible', `cannot open or write ${path}: ${error.message}`, { hint, cause });
  }
  return error;
}

/** The file is left as it is: it may be the only trace of what happened to it. */
export function unreadableDatabase(path: string, problem: string, cause?: unknown): UserError {
  return new UserError('database-unreadable', `${path} cannot be read as a lineage database: ${problem}`, {
    hint: 'type: assay doctor --rebuild (moves it aside; results come back from the store, the history of runs does not)',
    cause,
  });
}
