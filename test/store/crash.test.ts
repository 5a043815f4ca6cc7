import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../lib/base/digest.ts';
import { bundleForChild } from '../support/bundle-for-child.ts';
import {
  readTree,
  storeBreaches,
  temporaryFiles,
  temporaryStore,
  writeManyFiles,
  type TemporaryStore,
} from '../support/temporary-store.ts';

let child: string;
beforeAll(() => {
  child = bundleForChild(join(import.meta.dirname, 'store-child.ts'));
});

function run(rig: TemporaryStore, ...args: string[]): { signal: string | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [child, rig.root, ...args], { encoding: 'utf8' });
}

/**
 * Kills a child before its n-th change of the disk, each time with a new store, for n = 1, 1 + step, … until one survives.
 * Returns how many died.
 */
function killEverywhere(step: number, writeOutput: (rig: TemporaryStore) => void): number {
  for (let n = 1, deaths = 0; ; n += step, deaths++) {
    const rig = temporaryStore();
    writeOutput(rig);
    const { signal, stdout, stderr } = run(rig, 'die-in-put', String(n));
    expect(storeBreaches(rig.root)).toEqual([]);
    if (signal === null) {
      expect({ stdout, stderr }).toEqual({ stdout: 'survived\n', stderr: '' });
      return deaths;
    }
    expect(signal).toBe('SIGKILL');
    expectRecovery(rig);
  }
}

/** The same output is stored whole, and a sweep removes what the dead process left. */
function expectRecovery(rig: TemporaryStore): void {
  const artifact = rig.store.putOutput(rig.path('out'));
  rig.store.materialise(artifact.digest, rig.path('again'));
  expect(readTree(rig.path('again'))).toEqual(readTree(rig.path('out')));
  rig.store.sweep((digest) => digest === artifact.digest);
  expect(temporaryFiles(rig.root)).toEqual([]);
  expect(rig.store.verifyArtifact(artifact.digest)).toEqual([]);
  expect(storeBreaches(rig.root)).toEqual([]);
  rig.store.close();
}

describe('a process killed while it stores an output', () => {
  it('leaves nothing half-written visible when the output is loose blobs', () => {
    const deaths = killEverywhere(3, (rig) => {
      writeManyFiles(rig, 'out', 3);
      rig.write('out/large.bin', Buffer.alloc(300_000, 1));
    });
    expect(deaths).toBeGreaterThan(8);
  });

  it('leaves nothing half-written visible when the output is a pack', () => {
    const deaths = killEverywhere(2, (rig) => {
      writeManyFiles(rig, 'out', 100);
      for (let i = 0; i < 70; i++) rig.write(`out/image-${i}.bin`, Buffer.alloc(100_000, i + 1));
    });
    expect(deaths).toBeGreaterThan(5);
  });
});

describe('a process killed while it sweeps', () => {
  it('leaves the lock free and the blobs in place', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 3);
    const { digest } = rig.store.putOutput(rig.path('out'));
    rig.store.release();
    expect(run(rig, 'die-in-sweep').signal).toBe('SIGKILL');
    expect(rig.store.verifyArtifact(digest)).toEqual([]);
    rig.write('more', 'more');
    expect(rig.store.putOutput(rig.path('more')).fileCount).toBe(1);
  });
});

describe('several processes', () => {
  it('store the same output at once and agree', async () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 200);
    writeManyFiles(rig, 'few', 10);
    const digests = await Promise.all(
      ['out', 'few', 'out', 'few'].map(
        (folder) =>
          new Promise<string>((done) => {
            let text = '';
            const process_ = spawn(process.execPath, [child, rig.root, 'put', folder], {
              stdio: ['ignore', 'pipe', 'inherit'],
            });
            process_.stdout.on('data', (data: Buffer) => (text += data.toString()));
            process_.on('close', () => done(text.trim()));
          }),
      ),
    );
    expect(digests).toEqual([digests[0], digests[1], digests[0], digests[1]]);
    expect(rig.store.verifyArtifact(digests[0] as Digest)).toEqual([]);
    expect(rig.store.verifyArtifact(digests[1] as Digest)).toEqual([]);
    expect(storeBreaches(rig.root)).toEqual([]);
    expect(temporaryFiles(rig.root)).toEqual([]);
  });

  it('cannot sweep what another has written and not yet recorded', async () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 3);
    const holder = spawn(process.execPath, [child, rig.root, 'put-and-hold', 'out'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const digest = await new Promise<string>((done) => {
      holder.stdout.once('data', (data: Buffer) => done(data.toString().trim()));
    });
    const sweep = (): unknown => rig.store.sweep(() => false);
    expect(sweep).toThrow(
      expect.objectContaining({
        code: 'store-busy',
        message: `another Assay is writing to this store: ${rig.root}/artifacts/store.lock`,
        hint: 'Wait until that run has ended, then try again.',
      }),
    );
    expect(rig.store.verifyArtifact(digest as Digest)).toEqual([]);
    const ended = new Promise((done) => holder.once('close', done));
    holder.kill('SIGKILL');
    await ended;
    expect(sweep()).toEqual({ blobs: 4, sizeBytes: expect.any(Number) as number });
    expect([...rig.store.listBlobs()]).toEqual([]);
  });
});
