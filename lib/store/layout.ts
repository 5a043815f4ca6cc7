/** Where things lie under artifacts/. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, type Digest } from '../base/digest.ts';
import { writeDurably } from '../base/durable-write.ts';
import { guarded } from './store-errors.ts';

/** All absolute. */
export interface StorePaths {
  readonly root: string;
  readonly objects: string;
  readonly packs: string;
  readonly staging: string;
  readonly quarantine: string;
  readonly view: string;
  readonly lock: string;
  readonly viewLock: string;
  /** Signed statements of executions; lib/audit writes it. */
  readonly log: string;
  /** Signatures of frozen artifacts; each keeps its artifact. */
  readonly frozen: string;
}

export function storePaths(projectRoot: string): StorePaths {
  const root = join(projectRoot, 'artifacts');
  return {
    root,
    objects: join(root, 'objects'),
    packs: join(root, 'packs'),
    staging: join(root, 'staging'),
    quarantine: join(root, 'quarantine'),
    view: join(root, 'view'),
    lock: join(root, 'store.lock'),
    viewLock: join(root, 'view.lock'),
    log: join(root, 'log'),
    frozen: join(root, 'frozen'),
  };
}

/** Creates what is missing and nothing else, so that a store on a read-only disk can be read. */
export function createLayout(paths: StorePaths): void {
  guarded('open the store', paths.root, () => {
    for (const folder of [paths.objects, paths.packs, paths.staging, paths.quarantine, paths.view]) {
      mkdirSync(folder, { recursive: true });
    }
    const readme = join(paths.root, 'README');
    if (!existsSync(readme)) writeDurably(readme, README);
  });
}

export function loosePath(paths: StorePaths, digest: Digest): string {
  const hex = digestHex(digest);
  return `${paths.objects}/${hex.slice(0, 2)}/${hex.slice(2)}`;
}

export function packPath(paths: StorePaths, digest: Digest): string {
  return `${paths.packs}/${digestHex(digest)}`;
}

const README = `What Assay keeps here
=====================

objects/     Every file that a stage made, stored once, read-only, named by its sha256:
             objects/ab/cdef... holds the bytes whose sha256sum is abcdef...
packs/       Many small files in one file. Its name is its own sha256.
lineage.db   Who made what from what (SQLite).
log/         Signed statements of what ran, one a line, and a signed checkpoint over them. Lines are only ever added.
frozen/      Signatures of frozen models. Their models are kept in objects/ and packs/.
view/        Links to the current results, to look at.
staging/     Working folders of stages that are running.
quarantine/  Outputs of stages that failed, and stored files that were found altered.
store.lock   Locked while a process writes or deletes here. It holds nothing. Nor does view.lock, for view/.

May be deleted at any time: view/ (made again), quarantine/ (nothing reads it).
May be deleted while no Assay runs: staging/, store.lock, view.lock.
Deleting log/ or frozen/ loses the evidence that nothing was altered; nothing runs again.
Deleting objects/, packs/ or lineage.db loses results: their stages run again.
Do not edit a file in objects/ or packs/: it would no longer hash to its name, be moved to quarantine/ and be made again.
"assay gc" deletes what no recorded result needs; "assay verify" reads everything and checks it.
`;
