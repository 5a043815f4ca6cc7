/**
 * How fast the store is, on this machine:
 *
 *     npx esbuild bench/store-figures.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/store-figures.js
 *     node dist/store-figures.js [folder on the disk to measure]
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/base/clock.ts';
import { ArtifactStore } from '../lib/store/artifact-store.ts';
import { digestPath } from '../lib/store/digest-path.ts';
import { MemoryStatCache } from '../test/support/memory-stat-cache.ts';

const FILES = 60_000;
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'assay-figures-'));
const statCache = new MemoryStatCache();
/** A new object has no memory of its own writes: it stands for a new process with the same stat cache. */
const open = (): ArtifactStore => ArtifactStore.open(folder, { clock: systemClock, statCache });

function measure<T>(what: string, work: () => T): T {
  const startMs = systemClock.elapsedMs();
  const result = work();
  console.log(`${(systemClock.elapsedMs() - startMs).toFixed(1).padStart(9)} ms  ${what}`);
  return result;
}

function pause(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

const images = join(folder, 'images');
mkdirSync(images);
const image = Buffer.alloc(784, 7);
for (let i = 0; i < FILES; i++) {
  image.writeUInt32LE(i);
  writeFileSync(join(images, `${String(i).padStart(5, '0')}.bin`), image);
}
const dataset = join(folder, 'mnist.idx');
writeFileSync(dataset, Buffer.alloc(47_000_000, 1));
const photos = join(folder, 'photos');
mkdirSync(photos);
for (let i = 0; i < 1000; i++) writeFileSync(join(photos, `${i}.jpg`), Buffer.alloc(100_000, `${i} `));
pause(50);

console.log(`${FILES} files of 784 bytes`);
let store = open();
measure('readdir alone', () => readdirSync(images).length);
measure('digestPath, first', () => digestPath(images, statCache, systemClock));
measure('digestPath, unchanged', () => digestPath(images, statCache, systemClock));
const many = measure('putOutput', () => store.putOutput(images));
measure('putOutput again', () => store.putOutput(images));
measure('findDamage, just written', () => store.findDamage(many.digest));
pause(50);
store.close();
store = open();
measure('findDamage, first in a new process', () => store.findDamage(many.digest));
store = open();
measure('findDamage, next process', () => store.findDamage(many.digest));
measure('verifyArtifact', () => store.verifyArtifact(many.digest));
measure('materialise', () => store.materialise(many.digest, join(folder, 'made')));
measure('releaseTree', () => store.releaseTree(join(folder, 'made')));
measure('copyOut', () => store.copyOut(many.digest, join(folder, 'copied')));

console.log('one file of 47 MB');
const one = measure('putOutput', () => store.putOutput(dataset));
measure('materialise, just written', () => store.materialise(one.digest, join(folder, 'one')));
measure('materialise again', () => store.materialise(one.digest, join(folder, 'two')));
measure('releaseTree', () => store.releaseTree(join(folder, 'one')));
measure('materialise after releaseTree', () => store.materialise(one.digest, join(folder, 'one')));
rmSync(join(folder, 'one'));
measure('materialise after rm: hashed once more', () => store.materialise(one.digest, join(folder, 'one')));
pause(50);
store.close();
store = open();
measure('findDamage, first in a new process', () => store.findDamage(one.digest));
measure('findDamage, next', () => store.findDamage(one.digest));

console.log('1000 files of 100 kB');
const thousand = measure('putOutput', () => store.putOutput(photos));
measure('materialise', () => store.materialise(thousand.digest, join(folder, 'thousand')));

console.log('the view');
const entries = Array.from({ length: 1000 }, (_, i) => ({ stage: `s[n=${i}]`, output: 'o', artifact: one.digest }));
measure('1000 outputs, first', () => store.viewCurrent(entries));
measure('1000 outputs, unchanged', () => store.viewCurrent(entries));
measure('sweep of everything', () => store.sweep(() => false));
store.close();
rmSync(folder, { recursive: true });
