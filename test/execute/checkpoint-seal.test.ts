/** What a stage may be continued from, and what not, whoever put it there. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../lib/base/digest.ts';
import { CheckpointSeal } from '../../lib/execute/checkpoint-seal.ts';
import { makeProject, outputText, runProject, stageOf, told } from '../support/execute-rig.ts';
import { testSeal } from '../support/test-seal.ts';
import { fileAppears } from '../support/wait-for-file.ts';

const KEY = digestBytes('a');

/** A sandbox with a sealed checkpoint of two files, one in a folder. */
function sealed(key = KEY): { folder: string; path: (name: string) => string; drop: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'assay-checkpoint-'));
  const path = (name: string): string => join(folder, name);
  mkdirSync(path('checkpoint/deep'), { recursive: true });
  writeFileSync(path('checkpoint/state'), 'state');
  writeFileSync(path('checkpoint/deep/more'), 'more');
  new CheckpointSeal(folder, key, testSeal).sealAll();
  return { folder, path, drop: () => new CheckpointSeal(folder, KEY, testSeal).dropUnsealed() };
}

describe('a checkpoint', () => {
  it('that cannot be watched or vouched for harms nobody but itself', () => {
    const { folder, path, drop } = sealed();
    const nowhere = new CheckpointSeal(join(folder, 'nowhere'), KEY, testSeal);
    nowhere.watch()();
    renameSync(path('checkpoint.json'), path('away.json'));
    mkdirSync(path('checkpoint.json/in the way'), { recursive: true });
    new CheckpointSeal(folder, KEY, testSeal).sealAll();
    expect(drop()).toHaveLength(2);
  });

  it('stays as it was sealed', () => {
    const { path, drop } = sealed();
    expect(drop()).toEqual([]);
    expect(readFileSync(path('checkpoint/state'), 'utf8')).toBe('state');
  });

  it('loses the file that was edited, added or made a link, and no other', () => {
    const { path, drop } = sealed();
    writeFileSync(path('checkpoint/state'), 'STATE');
    writeFileSync(path('checkpoint/new'), 'state');
    symlinkSync('deep/more', path('checkpoint/link'));
    expect(drop().sort()).toEqual(['checkpoint/link', 'checkpoint/new', 'checkpoint/state']);
    expect(existsSync(path('checkpoint/state'))).toBe(false);
    expect(readFileSync(path('checkpoint/deep/more'), 'utf8')).toBe('more');
  });

  it('is nothing when its note is gone, edited, unsealed, or of another action', () => {
    const all = ['checkpoint/deep/more', 'checkpoint/state'];
    const gone = sealed();
    renameSync(gone.path('checkpoint.json'), gone.path('away.json'));
    expect(gone.drop().sort()).toEqual(all);

    const edited = sealed();
    writeFileSync(edited.path('checkpoint/state'), 'STATE');
    const note = readFileSync(edited.path('checkpoint.json'), 'utf8');
    writeFileSync(edited.path('checkpoint.json'), note.replace(digestBytes('state'), digestBytes('STATE')));
    expect(edited.drop().sort()).toEqual(all);

    const unsealed = sealed();
    writeFileSync(unsealed.path('checkpoint.json'), 'null');
    expect(unsealed.drop().sort()).toEqual(all);

    const other = sealed(digestBytes('b'));
    expect(other.drop().sort()).toEqual(all);
  });

  it('is nothing where no key can seal it', () => {
    const { folder, path } = sealed();
    const keyless = new CheckpointSeal(folder, KEY, { seal: () => null, holds: () => false });
    keyless.sealAll();
    expect(existsSync(path('checkpoint.json'))).toBe(false);
    expect(keyless.dropUnsealed()).toHaveLength(2);
  });

  it('is sealed while the stage runs, when a file is moved into place and when one comes to rest', async () => {
    const { folder, path, drop } = sealed();
    const stop = new CheckpointSeal(folder, KEY, testSeal).watch();
    writeFileSync(path('next'), 'moved');
    renameSync(path('next'), path('checkpoint/state'));
    await fileAppears(path('checkpoint.json'), digestBytes('moved'));
    writeFileSync(path('checkpoint/state'), 'written');
    await fileAppears(path('checkpoint.json'), digestBytes('written'));
    stop();
    expect(drop()).toEqual([]);
    writeFileSync(path('checkpoint/state'), 'later');
    expect(drop()).toEqual(['checkpoint/state']);
  });
});

describe('a stage that failed and left a checkpoint', () => {
  it('begins anew when it was edited, and says so', async () => {
    const root = makeProject();
    const run = `[ -e checkpoint/state ] || { echo clean > checkpoint/state; [ -e ${root}/go ] || exit 1; }; cp checkpoint/state {outputs.out}`;
    const instances = [stageOf({ id: 'x', run })];
    expect(told(await runProject(root, instances))).toEqual(['x failed']);
    writeFileSync(join(root, 'go'), '');
    const [sandbox] = readdirSync(join(root, 'artifacts/staging'));
    writeFileSync(join(root, 'artifacts/staging', sandbox!, 'checkpoint/state'), 'poison\n');
    const result = await runProject(root, instances);
    expect(await outputText(root, result, 'x')).toBe('clean\n');
    expect(result.events).toContainEqual({
      kind: 'warning',
      message: "x does not continue from checkpoint/state: it is not as this user's Assay left it",
    });
  });
});
