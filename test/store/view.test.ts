import { lstatSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ViewEntry } from '../../lib/store/view.ts';
import { readTree, temporaryStore, writeManyFiles, type TemporaryStore } from '../support/temporary-store.ts';

function put(rig: TemporaryStore, stage: string, output: string, path: string): ViewEntry {
  return { stage, output, artifact: rig.store.putOutput(rig.path(path)).digest };
}

function threeResults(rig: TemporaryStore): ViewEntry[] {
  rig.write('file', 'one');
  rig.write('folder/a', 'two');
  rig.write('folder/b/c', 'three');
  return [
    put(rig, 'evaluate', 'metrics', 'file'),
    put(rig, 'poison[chosen=7,count=600]', 'data', 'folder'),
    put(rig, 'poison[chosen=8,count=600]', 'data', 'folder'),
  ];
}

const shown = {
  'evaluate/metrics': 'one',
  'poison[chosen=7,count=600]/data/a': 'two',
  'poison[chosen=7,count=600]/data/b/c': 'three',
  'poison[chosen=8,count=600]/data/a': 'two',
  'poison[chosen=8,count=600]/data/b/c': 'three',
};

function readView(rig: TemporaryStore): Record<string, string> {
  const { '.shown.json': _state, ...rest } = readTree(rig.path('artifacts/view'));
  return rest;
}

describe('viewCurrent', () => {
  it('shows files and folders through relative links', () => {
    const rig = temporaryStore();
    rig.store.viewCurrent(threeResults(rig));
    expect(readView(rig)).toEqual(shown);
    expect(readlinkSync(rig.path('artifacts/view/evaluate/metrics'))).toMatch(
      /^\.\.\/\.\.\/objects\/..\/[0-9a-f]{62}$/,
    );
  });

  it('touches nothing when nothing changed', () => {
    const rig = temporaryStore();
    const entries = threeResults(rig);
    rig.store.viewCurrent(entries);
    const before = statSync(rig.path('artifacts/view'), { bigint: true }).ctimeNs;
    const link = lstatSync(rig.path('artifacts/view/evaluate/metrics')).ino;
    rig.reopen().viewCurrent([...entries].reverse());
    expect(statSync(rig.path('artifacts/view'), { bigint: true }).ctimeNs).toBe(before);
    expect(lstatSync(rig.path('artifacts/view/evaluate/metrics')).ino).toBe(link);
  });

  it('follows changes and removes what is no longer current', () => {
    const rig = temporaryStore();
    const [metrics, seven] = threeResults(rig) as [ViewEntry, ViewEntry];
    rig.store.viewCurrent([metrics, seven]);
    const kept = lstatSync(rig.path('artifacts/view/poison[chosen=7,count=600]/data/a')).ino;
    writeFileSync(rig.path('file'), 'uno');
    rig.store.viewCurrent([put(rig, 'evaluate', 'metrics', 'file'), seven]);
    expect(readView(rig)['evaluate/metrics']).toBe('uno');
    expect(lstatSync(rig.path('artifacts/view/poison[chosen=7,count=600]/data/a')).ino).toBe(kept);
    rig.store.viewCurrent([seven]);
    expect(readdirSync(rig.path('artifacts/view')).sort()).toEqual(['.shown.json', 'poison[chosen=7,count=600]']);
  });

  it.each([['artifacts/view'], ['artifacts/view/evaluate'], ['artifacts/view/.shown.json']])(
    'makes %s again when it was deleted',
    (path) => {
      const rig = temporaryStore();
      const entries = threeResults(rig);
      rig.store.viewCurrent(entries);
      rmSync(rig.path(path), { recursive: true });
      rig.reopen().viewCurrent(entries);
      expect(readView(rig)).toEqual(shown);
    },
  );

  it('removes what somebody put there', () => {
    const rig = temporaryStore();
    const entries = threeResults(rig);
    rig.store.viewCurrent(entries);
    rig.write('artifacts/view/mine/notes', 'x');
    rig.store.viewCurrent(entries);
    expect(readView(rig)).toEqual(shown);
  });

  it('shows up to a thousand packed files as copies, and more as a note', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'some', 100);
    writeManyFiles(rig, 'many', 1001);
    rig.store.viewCurrent([put(rig, 's[k=a/b]', 'some', 'some'), put(rig, 's[k=a/b]', 'many', 'many')]);
    expect(readTree(rig.path('artifacts/view/s[k=a%2Fb]/some'))).toEqual(readTree(rig.path('some')));
    expect(readTree(rig.path('artifacts/view/s[k=a%2Fb]/many'))).toEqual({
      'README.txt': "1001 files, kept in a pack. To have them as files:\n\n    assay export 's[k=a/b].many' <folder>\n",
    });
  });

  it('leaves out an artifact that is damaged', () => {
    const rig = temporaryStore();
    const entries = threeResults(rig);
    rmSync(rig.path('artifacts/objects'), { recursive: true });
    rig.reopen().viewCurrent(entries);
    expect(readView(rig)).toEqual({});
  });

  it('shortens a name that no file system takes', () => {
    const rig = temporaryStore();
    rig.write('file', 'one');
    rig.store.viewCurrent([put(rig, `s[text=${'x'.repeat(400)}]`, 'o', 'file')]);
    const [name] = readdirSync(rig.path('artifacts/view')).filter((each) => each.startsWith('s['));
    expect(name).toMatch(/^s\[text=x+~[0-9a-f]{12}$/);
    expect(readFileSync(rig.path(`artifacts/view/${name}/o`), 'utf8')).toBe('one');
  });
});
