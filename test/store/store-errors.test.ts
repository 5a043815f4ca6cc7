import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { ArtifactStore } from '../../lib/store/artifact-store.ts';
import { asUserError, guarded } from '../../lib/store/store-errors.ts';
import { bundleForChild } from '../support/bundle-for-child.ts';
import { MemoryStatCache } from '../support/memory-stat-cache.ts';
import { temporaryStore } from '../support/temporary-store.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'write', errno: -1 });
}

describe('a fault of the disk', () => {
  it.each([
    ['ENOSPC', 'store-full', 'no space left', 'Free some space, for example with "assay gc", and run again.'],
    [
      'EROFS',
      'store-unwritable',
      'the file system is read-only',
      'Mount it writable, or use a copy of the project on a disk that is.',
    ],
    [
      'EACCES',
      'store-unreadable',
      'permission denied',
      'Give your user read and write access to this path and the folders above it.',
    ],
    [
      'ENOTDIR',
      'store-unreadable',
      'a file is where a folder should be',
      'Move that file away; Assay creates the folder.',
    ],
    ['EISDIR', 'store-unreadable', 'a folder is where a file should be', 'Move that folder away.'],
    ['EMFILE', 'store-unreadable', 'too many open files', 'Raise the limit ("ulimit -n 4096") and run again.'],
    [
      'ENOENT',
      'store-unreadable',
      'it is gone',
      'Another process removed it while Assay was reading. Run again; if it stays, run "assay verify".',
    ],
    ['EIO', 'store-unreadable', 'the system reports an error', 'Check the disk, then run "assay verify".'],
  ])('%s becomes %s', (system, code, meaning, hint) => {
    expect(asUserError(systemError(system), 'store an output', '/p/artifacts')).toMatchObject({
      name: 'UserError',
      code,
      message: `cannot store an output: ${meaning} (${system}): /p/artifacts`,
      hint,
    });
  });

  it('names the path of the error when it has one, and passes on what is no system error', () => {
    expect(() => guarded('look', '/p', () => readFileSync('/p/none'))).toThrow(
      'cannot look: it is gone (ENOENT): /p/none',
    );
    const bug = new TypeError('bug');
    expect(asUserError(bug, 'look', '/p')).toBe(bug);
  });
});

describe('opening a store', () => {
  it('says which file is where a folder should be', () => {
    const root = mkdtempSync(join(tmpdir(), 'assay-store-'));
    mkdirSync(join(root, 'artifacts'));
    writeFileSync(join(root, 'artifacts/packs'), '');
    expect(() => ArtifactStore.open(root, { clock: systemClock, statCache: new MemoryStatCache() })).toThrow(
      expect.objectContaining({
        code: 'store-unreadable',
        message: `cannot open the store: a file is where a folder should be (EEXIST): ${root}/artifacts/packs`,
      }),
    );
  });

  it('explains its folders in README, and makes what was deleted again', () => {
    const rig = temporaryStore();
    for (const path of ['view', 'quarantine', 'staging', 'README'])
      rmSync(rig.path(`artifacts/${path}`), { recursive: true });
    rig.reopen();
    const readme = readFileSync(rig.path('artifacts/README'), 'utf8');
    for (const name of ['objects/', 'packs/', 'lineage.db', 'view/', 'staging/', 'quarantine/', 'store.lock']) {
      expect(readme).toContain(name);
    }
  });

  it('says so when the user may not look there', () => {
    const { root } = temporaryStore();
    const child = bundleForChild(join(import.meta.dirname, 'store-child.ts'));
    const isRoot = process.getuid?.() === 0;
    // Root may look anywhere, so the child becomes somebody else; anybody else is shut out by the mode.
    chmodSync(root, isRoot ? 0o700 : 0o000);
    const { stderr } = spawnSync(process.execPath, [child, root, 'put', 'out'], {
      env: { ...process.env, ...(isRoot ? { ASSAY_TEST_UID: '65534' } : {}) },
      encoding: 'utf8',
    });
    chmodSync(root, 0o700);
    expect(stderr).toContain(`UserError: cannot open the store: permission denied (EACCES): ${root}/artifacts`);
  });
});
