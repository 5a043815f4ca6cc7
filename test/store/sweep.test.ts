import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes, digestHex, type Digest } from '../../lib/base/digest.ts';
import {
  storeBreaches,
  temporaryFiles,
  temporaryStore,
  writeManyFiles,
  type TemporaryStore,
} from '../support/temporary-store.ts';

function sweepAllBut(rig: TemporaryStore, ...kept: Digest[]): { blobs: number; sizeBytes: number } {
  return rig.store.sweep((digest) => kept.includes(digest));
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
});
