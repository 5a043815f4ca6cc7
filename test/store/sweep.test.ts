import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes, digestHex, type Digest } from '../../lib/base/digest.ts';
import { readPackIndex } from '../../lib/store/pack-file.ts';
import { Packs } from '../../lib/store/packs.ts';
import { Stamps, stampOf } from '../../lib/store/stamps.ts';
import {
  lateClock,
  onlyPack,
  storeBreaches,
  temporaryFiles,
  temporaryStore,
  writeManyFiles,
  type TemporaryStore,
} from '../support/temporary-store.ts';

function sweepAllBut(rig: TemporaryStore, ...kept: Digest[]): { blobs: number; sizeBytes: number } {
  return rig.store.sweep((digest) => kept.includes(digest));
}

/** Flips a bit of one blob in the only pack, as a disk does it: no stamp moves. Returns the path of the pack. */
function rot(rig: TemporaryStore, content: string): string {
  const pack = onlyPack(rig.root);
  const bytes = readFileSync(pack);
  bytes[readPackIndex(pack)!.find(digestBytes(content))!.offset]! ^= 1;
  rmSync(pack);
  writeFileSync(pack, bytes, { mode: 0o444 });
  rig.statCache.remember(pack, stampOf(pack)!, `sha256:${basename(pack)}` as Digest, lateClock.nowMs());
  rig.reopen();
  return pack;
}

describe('sweep', () => {
  it('keeps what is reachable and what a reachable manifest names, and deletes the rest', () => {
    const rig = temporaryStore();
    rig.write('keep/shared', 'shared');
    rig.write('keep/own', 'kept');
    rig.write('drop/shared', 'shared');
    rig.write('drop/own', 'dropped');
    const keep = rig.store.putOutput(rig.path('keep')).digest;
    const drop = rig.store.putOutput(rig.path('drop')).digest;
    const log = rig.store.putBytes(Buffer.from('a log'));
    const manifestBytes = rig.store.readBlob(drop).length;
    expect(sweepAllBut(rig, keep, log)).toEqual({ blobs: 2, sizeBytes: 7 + manifestBytes });
    expect([...rig.store.listBlobs()].sort()).toEqual([keep, log, digestBytes('kept'), digestBytes('shared')].sort());
    expect(rig.store.verifyArtifact(keep)).toEqual([]);
    expect(storeBreaches(rig.root)).toEqual([]);
    expect(sweepAllBut(rig, keep, log)).toEqual({ blobs: 0, sizeBytes: 0 });
  });

  it('deletes nothing when nobody can say what is reachable', () => {
    const rig = temporaryStore();
    const blob = rig.store.putBytes(Buffer.from('x'));
    const failing = (): unknown =>
      rig.store.sweep(() => {
        throw new Error('database is locked');
      });
    expect(failing).toThrow('database is locked');
    expect(rig.store.has(blob)).toBe(true);
    expect(rig.store.putBytes(Buffer.from('y'))).toBe(digestBytes('y')); // the lock is free again
  });

  it('deletes a pack that nothing needs, leaves one that is mostly needed, and rewrites one that is mostly not', () => {
    const rig = temporaryStore();
    const all = rig.store.putOutput(writeManyFiles(rig, 'all', 100)).digest;
    const most = rig.store.putOutput(writeManyFiles(rig, 'most', 90)).digest;
    const few = rig.store.putOutput(writeManyFiles(rig, 'few', 10)).digest;
    const packs = (): string[] => readdirSync(join(rig.root, 'artifacts/packs'));
    const before = packs();
    expect(before.length).toBe(1);
    expect(sweepAllBut(rig, most, few).blobs).toBe(1); // the manifest of `all`
    expect(packs()).toEqual(before);
    expect(sweepAllBut(rig, few).blobs).toBe(1 + 90);
    expect(packs().length).toBe(1);
    expect(packs()).not.toEqual(before);
    expect(rig.store.verifyArtifact(few)).toEqual([]);
    expect(sweepAllBut(rig).blobs).toBe(1 + 10);
    expect(packs()).toEqual([]);
    expect([...rig.store.listBlobs()]).toEqual([]);
    expect(rig.store.findDamage(all)).toMatchObject([{ path: null, problem: 'missing' }]);
  });

  it('removes what a crash left and nothing of another program', () => {
    const rig = temporaryStore();
    rig.write('artifacts/objects/.tmp-99999-1', 'half');
    rig.write('artifacts/packs/.tmp-99999-2', 'half');
    rig.write('artifacts/packs/notes.txt', 'mine');
    expect(sweepAllBut(rig)).toEqual({ blobs: 0, sizeBytes: 0 });
    expect(temporaryFiles(rig.root)).toEqual([]);
    expect(readdirSync(join(rig.root, 'artifacts/packs'))).toEqual(['notes.txt']);
  });

  it('refuses while something needed is altered, and deletes nothing', () => {
    const rig = temporaryStore();
    const { digest } = rig.store.putOutput(rig.write('out', 'x'));
    const orphan = rig.store.putBytes(Buffer.from('orphan'));
    rig.reopen();
    const path = join(rig.root, 'artifacts/objects', digestHex(digest).replace(/^../, '$&/'));
    writeFileSync(`${path}.new`, 'y');
    // As an editor saves: a new file under the old name.
    renameSync(`${path}.new`, path);
    const short = [digest, digestBytes('y')].map((each) => digestHex(each).slice(0, 12));
    expect(() => sweepAllBut(rig, digest)).toThrow(
      expect.objectContaining({
        code: 'sweep-refused',
        message: `nothing was deleted: blob ${short[0]} was altered: it now hashes to ${short[1]}. It was moved to artifacts/quarantine/blobs`,
        hint: 'Run "assay run" so that its stage makes it again, then "assay gc".',
      }),
    );
    expect(rig.store.has(orphan)).toBe(true);
  });

  it('refuses while a blob that a needed manifest names is altered, and not for one that is gone already', () => {
    const rig = temporaryStore();
    rig.write('out/a', 'a');
    const { digest } = rig.store.putOutput(rig.path('out'));
    const orphan = rig.store.putBytes(Buffer.from('orphan'));
    rig.reopen();
    const path = join(rig.root, 'artifacts/objects', digestHex(digestBytes('a')).replace(/^../, '$&/'));
    rmSync(path);
    writeFileSync(path, 'b');
    const short = ['a', 'b'].map((each) => digestHex(digestBytes(each)).slice(0, 12));
    const message = `nothing was deleted: blob ${short[0]} ("a") was altered: it now hashes to ${short[1]}. It was moved to artifacts/quarantine/blobs`;
    expect(() => sweepAllBut(rig, digest)).toThrow(expect.objectContaining({ code: 'sweep-refused', message }));
    expect(rig.store.has(orphan)).toBe(true);
    // In quarantine now, and named: a result that no stage makes any more must not keep all garbage for ever.
    rig.reopen();
    expect(sweepAllBut(rig, digest).blobs).toBe(1);
    expect(rig.store.has(orphan)).toBe(false);
  });

  it('refuses when a needed blob has rotted in a pack that it would write anew, though no stamp moved', () => {
    const rig = temporaryStore();
    const all = rig.store.putOutput(writeManyFiles(rig, 'all', 200)).digest;
    const few = rig.store.putOutput(writeManyFiles(rig, 'few', 80)).digest;
    rot(rig, '17\n');
    const short = ['17\n', '07\n'].map((each) => digestHex(digestBytes(each)).slice(0, 12));
    const message = `nothing was deleted: blob ${short[0]} was altered: it now hashes to ${short[1]}. It was moved to artifacts/quarantine/blobs`;
    expect(() => sweepAllBut(rig, few)).toThrow(expect.objectContaining({ code: 'sweep-refused', message }));
    expect(rig.store.has(all)).toBe(true);
    expect([...rig.store.listBlobs()].length).toBe(2 + 199);
    expect(readdirSync(rig.path('artifacts/quarantine/blobs')).length).toBe(1);
    rig.store.putOutput(rig.path('few'));
    expect(sweepAllBut(rig, few).blobs).toBe(1 + 120);
    expect(rig.store.verifyArtifact(few)).toEqual([]);
    expect(storeBreaches(rig.root)).toEqual([]);
  });

  it.each([
    ['170\n', 'that nothing needs', 119],
    ['17\n', 'that lies elsewhere too', 120],
  ])('does not mind a rotten blob %j %s', (content, _why, deadBlobs) => {
    const rig = temporaryStore();
    rig.store.putOutput(writeManyFiles(rig, 'all', 200));
    const few = rig.store.putOutput(writeManyFiles(rig, 'few', 80)).digest;
    rot(rig, content);
    if (content === '17\n')
      rig.write(`artifacts/objects/${digestHex(digestBytes(content)).replace(/^../, '$&/')}`, content);
    expect(sweepAllBut(rig, few).blobs).toBe(1 + deadBlobs);
    expect(rig.store.verifyArtifact(few)).toEqual([]);
  });
});

describe('repack', () => {
  it('leaves a pack as it is when a blob to be kept cannot be read any more', () => {
    const rig = temporaryStore();
    rig.store.putOutput(writeManyFiles(rig, 'out', 100));
    const pack = rot(rig, '17\n');
    const packs = new Packs(rig.store.paths, new Stamps(rig.statCache, lateClock), () => {});
    const [name] = packs.list();
    expect(packs.repack(name!, (digest) => digest === digestBytes('17\n'))).toBe(false);
    expect(onlyPack(rig.root)).toBe(pack);
    expect(temporaryFiles(rig.root)).toEqual([]);
    expect(packs.repack(name!, (digest) => digest === digestBytes('18\n'))).toBe(true);
    expect(onlyPack(rig.root)).not.toBe(pack);
  });
});
