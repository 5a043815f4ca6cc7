import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { digestBytes } from '../../lib/base/digest.ts';
import { digestPath, type PathDigest } from '../../lib/store/digest-path.ts';
import { lateClock, temporaryStore, writeManyFiles, type TemporaryStore } from '../support/temporary-store.ts';

const digest = (rig: TemporaryStore, path: string): PathDigest => digestPath(rig.path(path), rig.statCache, lateClock);

describe('digestPath', () => {
  it('gives a file both digests: of the artifact and of its plain bytes', () => {
    const rig = temporaryStore();
    rig.write('a.txt', 'hello\n');
    const expected = { ...rig.store.putInput(rig.path('a.txt')), blob: digestBytes('hello\n') };
    expect(digest(rig, 'a.txt')).toEqual(expected);
    expect(digest(rig, 'a.txt')).toEqual(expected);
    expect(rig.statCache.hits).toBe(1);
  });

  it('remembers an unchanged folder as one row', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'data', 20);
    const first = digest(rig, 'data');
    expect(rig.statCache.size).toBe(1);
    expect(digest(rig, 'data')).toEqual(first);
    expect(rig.statCache.hits).toBe(1);
  });

  it.each<[string, (rig: TemporaryStore) => void]>([
    ['written', (rig) => writeFileSync(rig.path('data/00003.txt'), 'X\n')],
    ['added', (rig) => rig.write('data/new', '')],
    ['removed', (rig) => rmSync(rig.path('data/00003.txt'))],
    ['renamed', (rig) => renameSync(rig.path('data/00003.txt'), rig.path('data/z'))],
    [
      'moved into a folder',
      (rig) => {
        mkdirSync(rig.path('data/sub'));
        renameSync(rig.path('data/00003.txt'), rig.path('data/sub/00003.txt'));
      },
    ],
    [
      'swapped with another',
      (rig) => {
        renameSync(rig.path('data/00003.txt'), rig.path('t'));
        renameSync(rig.path('data/00004.txt'), rig.path('data/00003.txt'));
        renameSync(rig.path('t'), rig.path('data/00004.txt'));
      },
    ],
    [
      'written with its old mtime',
      (rig) => {
        writeFileSync(rig.path('data/00003.txt'), 'X\n');
        utimesSync(rig.path('data/00003.txt'), 1, 1);
      },
    ],
  ])('sees a file of a folder %s', (_what, edit) => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'data', 20);
    utimesSync(rig.path('data/00003.txt'), 1, 1);
    const before = digest(rig, 'data').digest;
    edit(rig);
    expect(digest(rig, 'data').digest).not.toBe(before);
    expect(digest(rig, 'data').digest).toBe(rig.store.putInput(rig.path('data')).digest);
  });

  it('keeps the digest of a folder whose files were only touched', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'data', 3);
    rig.write('data/large', Buffer.alloc(100_000));
    const before = digest(rig, 'data');
    utimesSync(rig.path('data/00001.txt'), 5, 5);
    rig.statCache.hits = 0;
    expect(digest(rig, 'data')).toEqual(before);
    expect(rig.statCache.hits).toBe(1); // the large file was not read again
  });

  it('trusts no stamp of the tick in which it was hashed', () => {
    const rig = temporaryStore();
    for (let i = 0; i < 50; i++) {
      rig.write('a', `${i % 10}`);
      expect(digestPath(rig.path('a'), rig.statCache, systemClock).blob).toBe(digestBytes(`${i % 10}`));
      rig.write('d/a', `${i % 10}`);
      const { digest: tree } = digestPath(rig.path('d'), rig.statCache, systemClock);
      expect(tree).toBe(rig.store.putInput(rig.path('d')).digest);
    }
  });

  it('refuses what is not there, an empty folder and any symbolic link', () => {
    const rig = temporaryStore();
    const fault = (path: string): unknown => {
      try {
        return digest(rig, path);
      } catch (error) {
        const { code, message, hint } = error as { code: string; message: string; hint: string };
        return [code, message.replaceAll(rig.root, ''), hint];
      }
    };
    mkdirSync(rig.path('empty'));
    rig.write('data/a', 'a');
    symlinkSync('a', rig.path('data/inside'));
    symlinkSync('/etc', rig.path('outside'));
    expect(['none', 'empty', 'data', 'outside'].map(fault)).toEqual([
      ['input-missing', 'input was not found: /none', 'Check the path in the pipeline file.'],
      ['input-empty', 'input is a folder without a file: /empty', 'Put the files there first.'],
      [
        'input-unsupported',
        'input holds a symbolic link: /data/inside',
        'Put the file itself there, or name in the pipeline the place it points to.',
      ],
      [
        'input-unsupported',
        'input holds a symbolic link: /outside',
        'Put the file itself there, or name in the pipeline the place it points to.',
      ],
    ]);
  });
});
