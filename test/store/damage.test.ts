import {
  chmodSync,
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { digestBytes, digestHex, shortDigest, type Digest } from '../../lib/base/digest.ts';
import { readPackIndex } from '../../lib/store/pack-file.ts';
import { forgePack, onlyPack, storeBreaches, temporaryStore, writeManyFiles } from '../support/temporary-store.ts';

function loosePath(root: string, digest: Digest): string {
  return join(root, 'artifacts/objects', digestHex(digest).replace(/^../, '$&/'));
}

/** 'sound' after editInPlace: s is 0x73. */
const SOUND_EDITED = 'round';

/** Changes one byte in place and puts mode and times back, as far as a program can. */
function editInPlace(path: string, offset = 0): void {
  const { mode, atime, mtime } = statSync(path);
  chmodSync(path, 0o644);
  const byte = readFileSync(path)[offset]!;
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.from([byte ^ 1]), 0, 1, offset);
  closeSync(fd);
  chmodSync(path, mode);
  utimesSync(path, atime, mtime);
}

describe('findDamage', () => {
  it('reads nothing when nothing moved, and only what moved otherwise', () => {
    const rig = temporaryStore();
    rig.write('out/a', 'a');
    rig.write('out/b', 'b');
    const { digest } = rig.store.putOutput(rig.path('out'));
    expect(rig.reopen().findDamage(digest)).toEqual([]);
    // Manifest, two blobs, and three rows that say which files hold the artifact.
    expect(rig.statCache.size).toBe(6);
    rig.statCache.hits = 0;
    expect(rig.reopen().findDamage(digest)).toEqual([]);
    expect(rig.statCache.hits).toBe(6);
  });

  it('finds one edited byte though size, mode and mtime are as before, and says so as long as the process lives', () => {
    const rig = temporaryStore();
    const { digest } = rig.store.putOutput(rig.write('out', 'sound'));
    const blob = digestBytes('sound');
    expect(rig.reopen().findDamage(digest)).toEqual([]);
    editInPlace(loosePath(rig.root, blob));
    const found = digestBytes(SOUND_EDITED);
    expect(rig.reopen().findDamage(digest)).toEqual([{ artifact: digest, blob, path: '.', problem: 'altered', found }]);
    expect(readdirSync(rig.path('artifacts/quarantine/blobs'))).toEqual([`${digestHex(blob)}-${digestHex(found)}`]);
    expect(rig.store.findDamage(digest)).toMatchObject([{ problem: 'altered', found }]);
    expect(rig.reopen().findDamage(digest)).toEqual([
      { artifact: digest, blob, path: '.', problem: 'missing', found: null },
    ]);
    rig.store.putOutput(rig.path('out'));
    expect(rig.store.findDamage(digest)).toEqual([]);
  });

  it('finds the edit in the process that stored the blob, too', () => {
    const rig = temporaryStore(systemClock);
    const { digest } = rig.store.putOutput(rig.write('out', 'sound'));
    expect(rig.store.findDamage(digest)).toEqual([]);
    editInPlace(loosePath(rig.root, digestBytes('sound')));
    expect(rig.store.findDamage(digest)).toMatchObject([{ problem: 'altered' }]);
  });

  it('reports a missing blob by its path, and a missing or altered manifest without one', () => {
    const rig = temporaryStore();
    rig.write('out/a', 'a');
    rig.write('out/b', 'b');
    const { digest } = rig.store.putOutput(rig.path('out'));
    rmSync(loosePath(rig.root, digestBytes('b')));
    const missing = { artifact: digest, problem: 'missing', found: null };
    expect(rig.store.findDamage(digest)).toEqual([{ ...missing, blob: digestBytes('b'), path: 'b' }]);
    editInPlace(loosePath(rig.root, digest), 30);
    expect(rig.store.findDamage(digest)).toMatchObject([{ blob: digest, path: null, problem: 'altered' }]);
    expect(rig.reopen().findDamage(digest)).toEqual([{ ...missing, blob: digest, path: null }]);
  });

  it('checks a packed artifact by two files and three rows', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 500);
    const { digest } = rig.store.putOutput(rig.path('out'));
    expect(rig.reopen().findDamage(digest)).toEqual([]);
    rig.statCache.hits = 0;
    expect(rig.reopen().findDamage(digest)).toEqual([]);
    expect(rig.statCache.hits).toBe(4); // manifest, pack, "held by this pack", end
  });

  it('takes an altered pack apart: one blob is lost, the others are saved', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    const { digest } = rig.store.putOutput(rig.path('out'));
    const pack = onlyPack(rig.root);
    const { offset } = readPackIndex(pack)!.find(digestBytes('17\n'))!;
    editInPlace(pack, offset);
    expect(rig.reopen().findDamage(digest)).toEqual([
      {
        artifact: digest,
        blob: digestBytes('17\n'),
        path: '00017.txt',
        problem: 'altered',
        found: digestBytes('07\n'),
      },
    ]);
    expect(onlyPack(rig.root)).not.toBe(pack);
    expect(readdirSync(rig.path('artifacts/quarantine/blobs')).length).toBe(1);
    expect(rig.store.findDamage(digest)).toMatchObject([{ path: '00017.txt', problem: 'altered' }]);
    expect(rig.reopen().findDamage(digest)).toMatchObject([{ path: '00017.txt', problem: 'missing' }]);
    rig.store.putOutput(rig.path('out'));
    expect(rig.store.findDamage(digest)).toEqual([]);
    expect(rig.reopen().verifyArtifact(digest)).toEqual([]);
    expect(storeBreaches(rig.root)).toEqual([]);
  });

  it('takes apart a pack that was edited and named by its new digest', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    const { digest } = rig.store.putOutput(rig.path('out'));
    const forged = forgePack(rig, '17\n');
    const lost = { artifact: digest, blob: digestBytes('17\n'), path: '00017.txt' };
    expect(rig.store.findDamage(digest)).toEqual([{ ...lost, problem: 'altered', found: digestBytes('07\n') }]);
    expect(rig.reopen().findDamage(digest)).toEqual([{ ...lost, problem: 'missing', found: null }]);
    expect(onlyPack(rig.root)).not.toBe(forged);
    // On a store that cannot be written it stays: its digest must not vouch for it to the next process.
    expect(rig.statCache.offered).not.toContain(forged);
  });

  it('counts the blobs of a pack without a sound index as missing', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    const { digest } = rig.store.putOutput(rig.path('out'));
    const pack = onlyPack(rig.root);
    editInPlace(pack, statSync(pack).size - 100);
    expect(rig.reopen().findDamage(digest).length).toBe(100);
    expect(readdirSync(rig.path('artifacts/packs'))).toEqual([]);
    rig.store.putOutput(rig.path('out'));
    expect(rig.store.findDamage(digest)).toEqual([]);
  });
});

describe('verifyArtifact', () => {
  it('believes no stamp', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    rig.write('out/large', Buffer.alloc(200_000));
    const { digest } = rig.store.putOutput(rig.path('out'));
    for (const path of [loosePath(rig.root, digestBytes(Buffer.alloc(200_000))), onlyPack(rig.root)]) {
      editInPlace(path);
      // A stat cache that was told lies.
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
      const stamp = { dev: Number(dev), ino: Number(ino), sizeBytes: Number(size), mtimeNs, ctimeNs };
      const name = path.includes('/packs/') ? path.slice(-64) : path.slice(-65).replace('/', '');
      rig.statCache.remember(path, stamp, `sha256:${name}` as Digest, systemClock.nowMs() + 60_000);
    }
    expect(rig.reopen().findDamage(digest)).toEqual([]);
    expect(rig.store.verifyArtifact(digest)).toMatchObject([
      { path: '00000.txt', problem: 'altered' },
      { path: 'large', problem: 'altered' },
    ]);
  });
});

describe('readBlob', () => {
  it('never serves an altered blob', () => {
    const rig = temporaryStore();
    const blob = rig.store.putBytes(Buffer.from('sound'));
    editInPlace(loosePath(rig.root, blob));
    expect(() => rig.store.readBlob(blob)).toThrow(
      expect.objectContaining({
        code: 'blob-altered',
        message: `blob ${shortDigest(blob)} was altered: it now hashes to ${shortDigest(digestBytes(SOUND_EDITED))}. It was moved to artifacts/quarantine/blobs`,
        hint: 'Run "assay run": the stage that made it runs again. "assay verify" checks everything else.',
      }),
    );
    expect(rig.store.has(blob)).toBe(false);
    // Whoever asks again in this process is told the same; another finds nothing.
    expect(() => rig.store.readBlob(blob)).toThrow(expect.objectContaining({ code: 'blob-altered' }));
    expect(() => rig.reopen().readBlob(blob)).toThrow(
      expect.objectContaining({
        code: 'blob-missing',
        message: `blob ${shortDigest(blob)} is not in the store`,
        hint: 'Run "assay run": the stage that made it runs again.',
      }),
    );
    expect(rig.store.verifyBlob(blob)).toBe('missing');
  });

  it('never serves an altered slice of a pack', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    rig.store.putOutput(rig.path('out'));
    const pack = onlyPack(rig.root);
    editInPlace(pack, readPackIndex(pack)!.find(digestBytes('17\n'))!.offset);
    expect(rig.store.readBlob(digestBytes('18\n')).toString()).toBe('18\n');
    expect(() => rig.store.readBlob(digestBytes('17\n'))).toThrow(expect.objectContaining({ code: 'blob-altered' }));
  });

  it('finds a blob whose pack another process has replaced', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    const { digest } = rig.store.putOutput(rig.path('out'));
    const other = temporaryStore();
    writeManyFiles(other, 'out', 101);
    other.store.putOutput(other.path('out'));
    const replacement = onlyPack(other.root);
    rmSync(onlyPack(rig.root));
    writeFileSync(join(rig.root, 'artifacts/packs', replacement.slice(-64)), readFileSync(replacement));
    expect(rig.store.readBlob(digestBytes('17\n')).toString()).toBe('17\n');
    expect(rig.store.findDamage(digest)).toEqual([]);
  });
});
