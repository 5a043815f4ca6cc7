import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { FileStamp } from '../../lib/model/stat-cache.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import { makeFolder, makeRig } from './rig.ts';
import { named } from './samples.ts';

const HASHED_AT_MS = 1_700_000_000_000;
const STAMP: FileStamp = {
  dev: 64769,
  // Wider than a double's 53 bits are the times, and some file systems' inodes.
  ino: 2 ** 63 + 2 ** 20,
  sizeBytes: 3_000,
  mtimeNs: 1_699_999_999_123_456_789n,
  ctimeNs: 1_699_999_999_123_456_790n,
};

function countWrites(path: string): number {
  const database = new Database(path, { readonly: true });
  const version = database.pragma('data_version', { simple: true }) as number;
  const rows = database.prepare('SELECT count(*) FROM stat_cache').pluck().get() as number;
  database.close();
  return rows * 1_000 + version;
}

describe('the stat cache', () => {
  it('recalls exactly the stamp that was remembered: before the flush, after it, and in another process', () => {
    const { lineage, path, clock } = makeRig();
    const { statCache } = lineage;
    statCache.remember('/data/a', STAMP, named('a'), HASHED_AT_MS);
    const expectRecall = (cache: typeof statCache) => {
      expect(cache.recall('/data/a', STAMP)).toBe(named('a'));
      expect(cache.recall('/data/b', STAMP)).toBeUndefined();
      for (const other of [
        { dev: 1 },
        { ino: 7 },
        { sizeBytes: 3_001 },
        // One nanosecond: not to be seen as a double.
        { mtimeNs: STAMP.mtimeNs + 1n },
        { ctimeNs: STAMP.ctimeNs + 1n },
      ]) {
        expect(cache.recall('/data/a', { ...STAMP, ...other })).toBeUndefined();
      }
    };
    expectRecall(statCache);
    statCache.flush();
    expectRecall(statCache);
    const other = Lineage.open(path, { clock });
    expectRecall(other.statCache);
    other.close();
  });

  it('does not trust a stamp that a write in the same tick would not change', () => {
    const { lineage } = makeRig();
    const hashedAtMs = Number(STAMP.ctimeNs / 1_000_000n);
    lineage.statCache.remember('/data/a', STAMP, named('a'), hashedAtMs);
    expect(lineage.statCache.recall('/data/a', STAMP)).toBeUndefined();
    lineage.statCache.flush();
    expect(lineage.statCache.recall('/data/a', STAMP)).toBeUndefined();
  });

  it('remembers the stamp of a real file until the file is written', () => {
    const { lineage } = makeRig();
    const path = join(makeFolder(), 'file');
    const stampOf = (): FileStamp => {
      const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
      return { dev: Number(dev), ino: Number(ino), sizeBytes: Number(size), mtimeNs, ctimeNs };
    };
    writeFileSync(path, 'before');
    const stamp = stampOf();
    lineage.statCache.remember(path, stamp, named('before'), Number(stamp.ctimeNs / 1_000_000n) + 5_000);
    lineage.statCache.flush();
    expect(lineage.statCache.recall(path, stampOf())).toBe(named('before'));
    writeFileSync(path, 'after!!');
    expect(lineage.statCache.recall(path, stampOf())).toBeUndefined();
  });

  it('replaces what it knew of a path, and sees what another process flushed in the next turn of the event loop', async () => {
    const { lineage, path, clock } = makeRig();
    const other = Lineage.open(path, { clock });
    expect(other.statCache.recall('/data/a', STAMP)).toBeUndefined();
    const newer = { ...STAMP, sizeBytes: 9 };
    lineage.statCache.remember('/data/a', STAMP, named('a'), HASHED_AT_MS);
    lineage.statCache.flush();
    lineage.statCache.remember('/data/a', newer, named('b'), HASHED_AT_MS);
    lineage.statCache.flush();
    await new Promise((done) => setImmediate(done));
    expect(other.statCache.recall('/data/a', newer)).toBe(named('b'));
    expect(other.statCache.recall('/data/a', STAMP)).toBeUndefined();
    other.close();
  });

  it('writes when it is flushed and not before, and not at all when nothing is new', () => {
    const { lineage, path } = makeRig();
    const before = countWrites(path);
    lineage.statCache.remember('/data/a', STAMP, named('a'), HASHED_AT_MS);
    expect(countWrites(path)).toBe(before);
    lineage.statCache.flush();
    expect(countWrites(path)).toBe(before + 1_000);

    // Another writer holds the lock: a write transaction would wait for it in vain.
    const writer = new Database(path);
    writer.exec('BEGIN IMMEDIATE');
    lineage.statCache.flush();
    expect(lineage.statCache.recall('/data/a', STAMP)).toBe(named('a'));
    writer.exec('ROLLBACK');
    writer.close();
  });

  it('flushes when the database is closed', () => {
    const { lineage, path, clock } = makeRig();
    lineage.statCache.remember('/data/a', STAMP, named('a'), HASHED_AT_MS);
    lineage.close();
    const again = Lineage.open(path, { clock });
    expect(again.statCache.recall('/data/a', STAMP)).toBe(named('a'));
    again.close();
  });
});
