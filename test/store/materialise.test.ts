import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { digestBytes, digestHex, type Digest } from '../../lib/base/digest.ts';
import type { Artifact } from '../../lib/model/artifact.ts';
import { PackReader } from '../../lib/store/pack-file.ts';
import { stampOf } from '../../lib/store/stamps.ts';
import {
  forgePack,
  lateClock,
  readTree,
  storeBreaches,
  temporaryStore,
  writeManyFiles,
  type TemporaryStore,
} from '../support/temporary-store.ts';

function storeTwoFiles(rig: TemporaryStore): Artifact {
  rig.write('out/a', 'a');
  rig.write('out/b/c', 'c');
  return rig.store.putOutput(rig.path('out'));
}

function blobPath(rig: TemporaryStore, content: string): string {
  return join(rig.root, 'artifacts/objects', digestHex(digestBytes(content)).replace(/^../, '$&/'));
}

describe('materialise', () => {
  it('gives read-only files in folders that can be removed, and copies none that can be shared', () => {
    const rig = temporaryStore();
    rig.store.materialise(storeTwoFiles(rig).digest, rig.path('in/data'));
    expect(readTree(rig.path('in/data'))).toEqual({ a: 'a', 'b/c': 'c' });
    expect(statSync(rig.path('in/data/a')).mode & 0o777).toBe(0o444);
    expect(statSync(rig.path('in/data/b')).mode & 0o700).toBe(0o700);
    const isLinked = lstatSync(rig.path('in/data/a')).ino === statSync(blobPath(rig, 'a')).ino;
    const isReflinked = !isLinked && statSync(blobPath(rig, 'a')).nlink === 1;
    expect(isLinked || isReflinked).toBe(true);
  });

  it('gives a file where the artifact is a file', () => {
    const rig = temporaryStore();
    rig.store.materialise(rig.store.putOutput(rig.write('out', 'x')).digest, rig.path('in/x'));
    expect(readFileSync(rig.path('in/x'), 'utf8')).toBe('x');
  });

  it('gives read-only copies from a pack, and still links what is loose', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    rig.write('out/sub/large', Buffer.alloc(200_000, 1));
    rig.store.materialise(rig.store.putOutput(rig.path('out')).digest, rig.path('in'));
    expect(readTree(rig.path('in'))).toEqual(readTree(rig.path('out')));
    expect(statSync(rig.path('in/00042.txt')).mode & 0o222).toBe(0);
  });

  it('refuses a target that exists and leaves it alone', () => {
    const rig = temporaryStore();
    const { digest } = storeTwoFiles(rig);
    mkdirSync(rig.path('in'));
    for (const put of ['materialise', 'copyOut'] as const) {
      expect(() => rig.store[put](digest, rig.path('in'))).toThrow(
        expect.objectContaining({
          code: 'target-exists',
          message: `there is something at the target already: ${rig.root}/in`,
          hint: 'Name a path that does not exist yet, or remove what is there.',
        }),
      );
    }
    expect(readdirSync(rig.path('in'))).toEqual([]);
  });

  it('never serves an altered blob, and leaves nothing at the target', () => {
    const rig = temporaryStore();
    const { digest } = storeTwoFiles(rig);
    chmodSync(blobPath(rig, 'c'), 0o644);
    writeFileSync(blobPath(rig, 'c'), 'C');
    expect(() => rig.store.materialise(digest, rig.path('in'))).toThrow(
      expect.objectContaining({ code: 'blob-altered', message: expect.stringContaining('("b/c")') as string }),
    );
    expect(() => rig.reopen().materialise(digest, rig.path('in'))).toThrow(
      expect.objectContaining({ code: 'blob-missing' }),
    );
    expect(lstatSync(rig.path('in'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('never serves a blob of a pack that was edited and named by its new digest, though the stat cache vouches for it', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    const { digest } = rig.store.putOutput(rig.path('out'));
    const forged = forgePack(rig, '17\n');
    rig.statCache.remember(forged, stampOf(forged)!, `sha256:${basename(forged)}` as Digest, lateClock.nowMs());
    expect(() => rig.store.materialise(digest, rig.path('in'))).toThrow(
      expect.objectContaining({ code: 'blob-altered', message: expect.stringContaining('("00017.txt")') as string }),
    );
    expect(lstatSync(rig.path('in'), { throwIfNoEntry: false })).toBeUndefined();
    rig.store.putOutput(rig.path('out'));
    rig.store.materialise(digest, rig.path('in'));
    expect(readTree(rig.path('in'))).toEqual(readTree(rig.path('out')));
    expect(storeBreaches(rig.root)).toEqual([]);
  });

  it('never serves what a pack held for just the moment in which it was read', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    const { digest } = rig.store.putOutput(rig.path('out'));
    vi.spyOn(PackReader.prototype, 'read').mockReturnValueOnce(Buffer.from('evil'));
    expect(() => rig.store.materialise(digest, rig.path('in'))).toThrow(
      expect.objectContaining({ code: 'blob-missing' }),
    );
    vi.restoreAllMocks();
    expect(lstatSync(rig.path('in'), { throwIfNoEntry: false })).toBeUndefined();
    rig.store.materialise(digest, rig.path('in'));
    expect(readTree(rig.path('in'))).toEqual(readTree(rig.path('out')));
  });

  it('finds a blob that a stage overwrote through its link', () => {
    const rig = temporaryStore(systemClock);
    const { digest } = storeTwoFiles(rig);
    rig.store.materialise(digest, rig.path('in'));
    if (lstatSync(rig.path('in/a')).ino !== statSync(blobPath(rig, 'a')).ino) return; // reflinked: nothing to overwrite
    chmodSync(rig.path('in/a'), 0o644);
    writeFileSync(rig.path('in/a'), 'A');
    expect(rig.store.findDamage(digest)).toMatchObject([{ path: 'a', problem: 'altered' }]);
  });

  it('hashes a blob no more while this process links and releases it, and once after another way of removal', () => {
    const rig = temporaryStore(systemClock);
    const { digest } = storeTwoFiles(rig);
    // Rows with a # say which files hold an artifact; the others are files that were read.
    const hashed = (): string[] => rig.statCache.offered.filter((path) => !path.includes('#'));
    for (let i = 0; i < 3; i++) {
      rig.store.materialise(digest, rig.path(`sandbox-${i}/in`));
      rig.store.releaseTree(rig.path(`sandbox-${i}`));
      expect(lstatSync(rig.path(`sandbox-${i}`), { throwIfNoEntry: false })).toBeUndefined();
    }
    expect(rig.store.findDamage(digest)).toEqual([]);
    expect(hashed()).toEqual([]);
    rig.store.materialise(digest, rig.path('sandbox/in'));
    const isLinked = lstatSync(rig.path('sandbox/in/a')).ino === statSync(blobPath(rig, 'a')).ino;
    rmSync(rig.path('sandbox'), { recursive: true });
    expect(rig.store.findDamage(digest)).toEqual([]);
    expect(new Set(hashed())).toEqual(new Set(isLinked ? [blobPath(rig, 'a'), blobPath(rig, 'c')] : []));
    expect(storeBreaches(rig.root)).toEqual([]);
  });
});

describe('copyOut', () => {
  it('gives a writable copy that shares nothing with the store', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    rig.write('out/sub/large', Buffer.alloc(200_000, 1));
    const { digest } = rig.store.putOutput(rig.path('out'));
    rig.store.copyOut(digest, rig.path('export/here'));
    expect(readTree(rig.path('export/here'))).toEqual(readTree(rig.path('out')));
    for (const path of ['00001.txt', 'sub/large']) writeFileSync(rig.path(`export/here/${path}`), 'edited');
    expect(rig.store.verifyArtifact(digest)).toEqual([]);
  });
});

describe('quarantineOutputs', () => {
  it('moves what there is and says where, also when the number was used before', () => {
    const rig = temporaryStore();
    mkdirSync(rig.path('empty'));
    expect(rig.store.quarantineOutputs(7, rig.path('none'))).toBeNull();
    expect(rig.store.quarantineOutputs(7, rig.path('empty'))).toBeNull();
    rig.write('outputs/half', 'h');
    expect(rig.store.quarantineOutputs(7, rig.path('outputs'))).toBe(rig.path('artifacts/quarantine/7'));
    rig.write('outputs/half', 'h');
    expect(rig.store.quarantineOutputs(7, rig.path('outputs'))).toBe(rig.path('artifacts/quarantine/7-2'));
    expect(readTree(rig.path('artifacts/quarantine'))).toEqual({ '7/half': 'h', '7-2/half': 'h' });
    expect([...rig.store.listBlobs()]).toEqual([]);
  });
});
