import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../lib/base/errors.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import { explainDatabaseError } from '../../lib/lineage/connection.ts';
import { CURRENT_VERSION } from '../../lib/lineage/schema.ts';
import { ended, FakeClock, makeFolder, makeRig, nextMessage, startChild } from './rig.ts';
import { named } from './samples.ts';

const clock = new FakeClock();

function refusal(path: string, readOnly = false): { code: string; message: string; hint: string | undefined } {
  try {
    Lineage.open(path, { clock, readOnly }).close();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    return { code, message: message.replaceAll(path, 'DB'), hint: hint?.replaceAll(path, 'DB') };
  }
  throw new Error('it was opened');
}

describe('opening lineage.db', () => {
  it('creates the database and its folder, and finds what was written when opened again', () => {
    const path = join(makeFolder(), 'artifacts', 'lineage.db');
    const first = Lineage.open(path, { clock });
    first.rememberClosure('stages/a.ts', '{}');
    first.close();
    const second = Lineage.open(path, { clock });
    expect(second.recallClosure('stages/a.ts')).toBe('{}');
    second.close();
  });

  it('uses write-ahead logging, STRICT tables only, and foreign keys without a violation', () => {
    const rig = makeRig();
    const database = new Database(rig.path);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    const tables = database.pragma('table_list') as { name: string; strict: number }[];
    const lax = tables.filter(({ name, strict }) => !name.startsWith('sqlite_') && strict === 0);
    expect(lax).toEqual([]);
    database.close();
  });

  it('refuses a database of a newer version and leaves every byte of it', () => {
    const path = join(makeFolder(), 'lineage.db');
    Lineage.open(path, { clock }).close();
    const database = new Database(path);
    database.pragma('user_version = 99');
    database.pragma('journal_mode = DELETE');
    database.close();
    const before = readFileSync(path);
    expect(refusal(path)).toEqual({
      code: 'database-newer',
      message: `DB has version 99, but this Assay reads only up to version ${CURRENT_VERSION}`,
      hint: 'use the newer Assay that wrote it, or give this one a project folder of its own; nothing was changed',
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it('refuses a file that is no database, says how to rebuild, and leaves it', () => {
    const path = join(makeFolder(), 'lineage.db');
    writeFileSync(path, 'this is not a database, and it is long enough to be looked at as one'.repeat(100));
    const before = readFileSync(path);
    expect(refusal(path)).toEqual({
      code: 'database-unreadable',
      message: 'DB cannot be read as a lineage database: file is not a database',
      hint: 'type: assay doctor --rebuild (moves it aside; results come back from the store, the history of runs does not)',
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('reports a database cut short when it is opened or first read', () => {
    const rig = makeRig();
    rig.lineage.close();
    truncateSync(rig.path, 8192);
    const read = () => {
      const lineage = Lineage.open(rig.path, { clock });
      try {
        lineage.findLatestAction('some');
      } finally {
        lineage.close();
      }
    };
    expect(read).toThrow(expect.objectContaining({ code: 'database-unreadable' }));
  });

  it('refuses the database of another program', () => {
    const path = join(makeFolder(), 'lineage.db');
    const database = new Database(path);
    database.exec('CREATE TABLE bookmarks (url TEXT)');
    database.close();
    expect(refusal(path).message).toBe('DB cannot be read as a lineage database: it is a database of another program');
  });

  it('refuses to create a database, or to bring one up to date, when it may only read', () => {
    const path = join(makeFolder(), 'lineage.db');
    expect(refusal(path, true)).toEqual({
      code: 'database-missing',
      message: 'there is no lineage database at DB',
      hint: 'nothing was run in this project yet; type: assay run',
    });
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, '');
    expect(refusal(path, true)).toEqual({
      code: 'database-older',
      message: `DB has version 0, this Assay reads version ${CURRENT_VERSION}`,
      hint: 'it is brought up to date by the next: assay run',
    });
  });

  it('says what to check when the place cannot be written', () => {
    const folder = makeFolder();
    expect(refusal(folder)).toEqual({
      code: 'database-inaccessible',
      message: 'cannot open or write DB: unable to open database file',
      hint: 'check that you may read and write DB and its folder',
    });
  });

  it('reads, and remembers nothing, through a read-only connection', () => {
    const rig = makeRig();
    const reader = Lineage.open(rig.path, { clock, readOnly: true });
    const stamp = { dev: 1, ino: 1, sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n };
    reader.statCache.remember('/a', stamp, named('a'), clock.ms);
    reader.rememberClosure('stages/a.ts', '{}');
    reader.saveExpectation(named('check'), { record: { output: 'data', holds: true, findings: [] }, seal: null });
    expect(reader.listRuns(10)).toHaveLength(1);
    reader.close();
    expect(rig.lineage.recallClosure('stages/a.ts')).toBeUndefined();
    expect(rig.lineage.statCache.recall('/a', stamp)).toBeUndefined();
  });

  it('can be created by several processes at the same moment', async () => {
    const path = join(makeFolder(), 'lineage.db');
    const source = `
      import { Lineage } from '../../lib/lineage/lineage.ts';
      import { systemClock } from '../../lib/base/clock.ts';
      process.once('message', () => {
        const lineage = Lineage.open(process.argv[2], { clock: systemClock });
        lineage.rememberClosure(String(process.pid), '{}');
        lineage.close();
        process.disconnect();
      });
      process.send('ready');`;
    const children = [1, 2, 3, 4].map(() => startChild(source, [path]));
    await Promise.all(children.map(nextMessage));
    for (const child of children) child.send('go');
    expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0, 0]);
    const lineage = Lineage.open(path, { clock });
    for (const child of children) expect(lineage.recallClosure(String(child.pid))).toBe('{}');
    lineage.close();
  });
});

describe('an error of SQLite', () => {
  it.each([
    {
      sqlite: 'SQLITE_BUSY',
      code: 'database-busy',
      message: 'DB is locked: another process has been writing to it for more than 10 s',
      hint: 'wait for the other process to end, then try again',
    },
    {
      sqlite: 'SQLITE_FULL',
      code: 'database-full',
      message: 'no space left to write DB',
      hint: 'free disk space, then try again',
    },
    {
      sqlite: 'SQLITE_IOERR_WRITE',
      code: 'database-inaccessible',
      message: 'cannot open or write DB: said by SQLite',
      hint: 'check that you may read and write DB and its folder',
    },
  ])('$sqlite is told as $code', ({ sqlite, code, message, hint }) => {
    const cause = new Database.SqliteError('said by SQLite', sqlite);
    const told = explainDatabaseError(cause, 'DB') as UserError;
    expect({ code: told.code, message: told.message, hint: told.hint }).toEqual({ code, message, hint });
    expect(told.cause).toBe(cause);
  });

  it('that tells of a bug, such as a violated constraint, stays as it is', () => {
    const error = new Database.SqliteError('FOREIGN KEY constraint failed', 'SQLITE_CONSTRAINT_FOREIGNKEY');
    expect(explainDatabaseError(error, 'DB')).toBe(error);
  });
});
