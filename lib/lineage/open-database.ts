/** Opens lineage.db: finds out whether it is ours and of which version, and brings an older one up to date. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { UserError } from '../base/errors.ts';
import { BUSY_TIMEOUT_MS, Connection, explainDatabaseError, unreadableDatabase } from './connection.ts';
import { APPLICATION_ID, CURRENT_VERSION, MIGRATIONS } from './schema.ts';

/** Switching to WAL needs the file alone for a moment, and SQLite does not wait for that by itself. */
const WAL_ATTEMPTS = 100;
const WAL_RETRY_MS = 20;

/**
 * Opens the database, creating it unless `readOnly`. Several processes may do so at once.
 * Throws UserError: database-newer, database-older, database-missing, database-unreadable, database-inaccessible. A database
 * that is refused is not changed.
 */
export function openDatabase(path: string, options: { readOnly: boolean }): Connection {
  if (options.readOnly && !existsSync(path)) {
    throw new UserError('database-missing', `there is no lineage database at ${path}`, {
      hint: 'nothing was run in this project yet; type: assay run',
    });
  }
  let database: Database.Database | undefined;
  try {
    if (!options.readOnly) mkdirSync(dirname(path), { recursive: true });
    database = new Database(path, { readonly: options.readOnly, timeout: BUSY_TIMEOUT_MS });
    checkVersion(database, path, options.readOnly);
    if (!options.readOnly) {
      useWriteAheadLog(database);
      database.pragma('synchronous = NORMAL');
      migrate(database);
    }
    database.pragma('foreign_keys = ON');
    return new Connection(database, path, options.readOnly);
  } catch (error) {
    database?.close();
    throw explainDatabaseError(error, path);
  }
}

function checkVersion(database: Database.Database, path: string, isReadOnly: boolean): void {
  // As of one moment: another process may be making the tables just now.
  const { version, isOurs } = database.transaction(() => ({
    version: readNumber(database, 'user_version'),
    isOurs: readNumber(database, 'application_id') === APPLICATION_ID || isEmpty(database),
  }))();
  if (!isOurs) {
    throw unreadableDatabase(path, 'it is a database of another program');
  }
  if (version > CURRENT_VERSION) {
    throw new UserError(
      'database-newer',
      `${path} has version ${version}, but this Assay reads only up to version ${CURRENT_VERSION}`,
      { hint: 'use the newer Assay that wrote it, or give this one a project folder of its own; nothing was changed' },
    );
  }
  if (isReadOnly && version < CURRENT_VERSION) {
    throw new UserError(
      'database-older',
      `${path} has version ${version}, this Assay reads version ${CURRENT_VERSION}`,
      {
        hint: 'it is brought up to date by the next: assay run',
      },
    );
  }
}

function useWriteAheadLog(database: Database.Database): void {
  for (let attempt = 1; database.pragma('journal_mode', { simple: true }) !== 'wal'; attempt++) {
    try {
      database.pragma('journal_mode = WAL');
    } catch (error) {
      const isBusy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!isBusy || attempt === WAL_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS);
    }
  }
}

function migrate(database: Database.Database): void {
  const step = database.transaction(() => {
    // Read inside the transaction: another process may have migrated while this one waited for the lock.
    const version = readNumber(database, 'user_version');
    const migration = MIGRATIONS[version];
    if (migration === undefined) return false;
    database.exec(migration);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${version + 1}`);
    return true;
  });
  while (readNumber(database, 'user_version') < CURRENT_VERSION && step.immediate());
}

function isEmpty(database: Database.Database): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}

function readNumber(database: Database.Database, pragma: 'user_version' | 'application_id'): number {
  return database.pragma(pragma, { simple: true }) as number;
}
