/** A store in a temporary project, and what a suspicious reader of its files would say about it. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { systemClock, type Clock } from '../../lib/base/clock.ts';
import { digestBytes, digestHex } from '../../lib/base/digest.ts';
import type { Manifest } from '../../lib/model/artifact.ts';
import { ArtifactStore } from '../../lib/store/artifact-store.ts';
import { readPackIndex } from '../../lib/store/pack-file.ts';
import { MemoryStatCache } from './memory-stat-cache.ts';

/** A minute ahead: what was written just now is old enough to be trusted, so no test has to wait. */
export const lateClock: Clock = { nowMs: () => systemClock.nowMs() + 60_000, elapsedMs: systemClock.elapsedMs };

export interface TemporaryStore {
  readonly root: string;
  readonly statCache: MemoryStatCache;
  store: ArtifactStore;
  /** Writes a file of the project and returns its path. */
  write(path: string, content: string | Uint8Array): string;
  path(path: string): string;
  /** Another process with the same stat cache: it does not know what this one wrote. */
  reopen(): ArtifactStore;
}

export function temporaryStore(clock: Clock = lateClock): TemporaryStore {
  const root = mkdtempSync(join(tmpdir(), 'assay-store-'));
  const statCache = new MemoryStatCache();
  const open = (): ArtifactStore => ArtifactStore.open(root, { clock, statCache });
  const rig: TemporaryStore = {
    root,
    statCache,
    store: open(),
    write: (path, content) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
      return join(root, path);
    },
    path: (path) => join(root, path),
    reopen: () => {
      rig.store.close();
      rig.store = open();
      return rig.store;
    },
  };
  return rig;
}

/** Writes `count` small files that all differ, and returns the folder. */
export function writeManyFiles(rig: TemporaryStore, folder: string, count: number, salt = ''): string {
  for (let i = 0; i < count; i++) rig.write(`${folder}/${String(i).padStart(5, '0')}.txt`, `${salt}${i}\n`);
  return rig.path(folder);
}

export function onlyPack(root: string): string {
  const names = readdirSync(join(root, 'artifacts/packs'));
  expect(names.length).toBe(1);
  return join(root, 'artifacts/packs', names[0]!);
}

/** Flips a bit of one blob in the only pack, and gives the file the name that its content now has. Returns its path. */
export function forgePack(rig: TemporaryStore, content: string): string {
  const pack = onlyPack(rig.root);
  const bytes = readFileSync(pack);
  bytes[readPackIndex(pack)!.find(digestBytes(content))!.offset]! ^= 1;
  const forged = join(rig.root, 'artifacts/packs', digestHex(digestBytes(bytes)));
  rmSync(pack);
  writeFileSync(forged, bytes, { mode: 0o444 });
  // As the next process finds it: this one knows what it wrote.
  rig.reopen();
  return forged;
}

/** Path inside a folder to content, in order. */
export function readTree(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  );
}

/** Every breach of the invariants on disk, found without the store's own code for reading. Temporary files do not count. */
export function storeBreaches(root: string): string[] {
  const breaches: string[] = [];
  const known = new Set<string>();
  const manifests: Manifest[] = [];
  const addBlob = (name: string, bytes: Buffer): void => {
    if (digestHex(digestBytes(bytes)) !== name) breaches.push(`${name} does not hash to its name`);
    known.add(name);
    if (bytes.subarray(0, 12).toString('latin1') === 'manifest/v1\0') {
      manifests.push(JSON.parse(bytes.toString('utf8', 12)) as Manifest);
    }
  };
  const objects = join(root, 'artifacts/objects');
  for (const folder of readdirSync(objects).filter((name) => name.length === 2)) {
    for (const name of readdirSync(join(objects, folder))) {
      const path = join(objects, folder, name);
      addBlob(folder + name, readFileSync(path));
      if ((statSync(path).mode & 0o777) !== 0o444) breaches.push(`${folder}${name} is not read-only`);
    }
  }
  const packs = join(root, 'artifacts/packs');
  for (const name of readdirSync(packs).filter((entry) => !entry.startsWith('.tmp-'))) {
    const bytes = readFileSync(join(packs, name));
    if (digestHex(digestBytes(bytes)) !== name) breaches.push(`pack ${name} does not hash to its name`);
    for (const { digest, slice } of readPackIndex(join(packs, name))?.entries() ?? []) {
      addBlob(digestHex(digest), bytes.subarray(slice.offset, slice.offset + slice.sizeBytes));
    }
  }
  for (const { entries } of manifests) {
    for (const { path, blob } of entries) {
      if (!known.has(digestHex(blob))) breaches.push(`a manifest names ${path}, whose blob is missing`);
    }
  }
  return breaches;
}

/** Names of temporary files left in the store. */
export function temporaryFiles(root: string): string[] {
  return ['objects', 'packs'].flatMap((folder) =>
    readdirSync(join(root, 'artifacts', folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('.tmp-'),
    ),
  );
}
