import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { digestBytes } from '../../lib/base/digest.ts';
import { FileDigests } from '../../lib/plan/file-digests.ts';
import { ClosureFinder, type ClosureMemory, type CodeClosure } from '../../lib/plan/find-code-closure.ts';
import { makeProject, npmInstalled, openLineage, writeFiles } from './examples.ts';

const PROGRAM = 'stages/a.ts';

const FILES = {
  'stages/a.ts': "import { b } from '../lib/b.js';\nimport { c } from 'c';\nconsole.log(b, c);\n",
  'lib/b.ts': 'export const b = 1; // a comment\n',
  'README.md': 'What this is\n',
  ...npmInstalled({ 'node_modules/c': { version: '1.0.0', integrity: 'sha512-c' } }),
};

/** A project, and a way to find its closure as a new process would. `found` counts the closures that had to be found anew. */
function makeFinder(files: Record<string, unknown>) {
  const root = makeProject(files);
  const lineage = openLineage(root);
  const counts = { found: 0 };
  const memory: ClosureMemory = {
    recallClosure: (program) => lineage.recallClosure(program),
    rememberClosure: (program, json) => {
      counts.found++;
      lineage.rememberClosure(program, json);
    },
  };
  const find = (): Promise<CodeClosure> =>
    new ClosureFinder(root, new FileDigests(lineage.statCache, systemClock), memory).find(PROGRAM);
  return { root, lineage, counts, find };
}

describe('ClosureFinder', () => {
  it('finds the files and the packages that a program reaches', async () => {
    const { root, find } = makeFinder(FILES);
    expect(await find()).toMatchObject({
      code: {
        'lib/b.ts': digestBytes(readFileSync(join(root, 'lib/b.ts'))),
        'stages/a.ts': digestBytes(readFileSync(join(root, 'stages/a.ts'))),
      },
      packages: { c: '1.0.0 sha512-c' },
    });
  });

  it('builds nothing while no file of the closure changed', async () => {
    const { root, lineage, counts, find } = makeFinder(FILES);
    const first = await find();
    writeFiles(root, { 'README.md': 'Edited\n', 'stages/other.ts': '', 'package.json': { type: 'commonjs' } });
    expect(await find()).toEqual(first);
    expect(counts.found).toBe(1);
    // Taken at its word: a mark in the memory comes back, so nothing was built or walked to get it.
    lineage.rememberClosure(PROGRAM, lineage.recallClosure(PROGRAM)!.replace('sha512-c', 'sha512-mark'));
    expect((await find()).packages).toEqual({ c: '1.0.0 sha512-mark' });
  });

  it.each([
    ['a line of an imported file', { 'lib/b.ts': 'export const b = 2; // a comment\n' }],
    ['a comment of an imported file', { 'lib/b.ts': 'export const b = 1; // another comment\n' }],
    ['a file that the import now means instead', { 'lib/b.js': 'export const b = 3;\n' }],
  ])('sees %s', async (_name, edit) => {
    const { root, counts, find } = makeFinder(FILES);
    const first = await find();
    writeFiles(root, edit);
    const second = await find();
    expect(second.code).not.toEqual(first.code);
    expect(second.packages).toEqual(first.packages);
    expect(counts.found).toBe(2);
  });

  it('sees a file that vanished', async () => {
    const { root, find } = makeFinder({ ...FILES, 'lib/b.js': 'export const b = 3;\n' });
    expect(Object.keys((await find()).code)).toEqual(['lib/b.js', 'stages/a.ts']);
    rmSync(join(root, 'lib/b.js'));
    expect(Object.keys((await find()).code)).toEqual(['lib/b.ts', 'stages/a.ts']);
  });

  it('sees another version of a package', async () => {
    const { root, find } = makeFinder(FILES);
    await find();
    writeFiles(root, npmInstalled({ 'node_modules/c': { version: '1.0.1', integrity: 'sha512-d' } }));
    expect((await find()).packages).toEqual({ c: '1.0.1 sha512-d' });
  });

  it('sees an optional package installed later, and one without a lock file edited', async () => {
    const { root, find } = makeFinder({ 'stages/a.ts': "import('c').catch(() => {});\n" });
    expect((await find()).packages).toEqual({ c: 'absent' });
    writeFiles(root, { 'node_modules/c/package.json': { version: '1.0.0' } });
    expect((await find()).packages).toEqual({ c: '1.0.0 unlocked' });
    writeFiles(root, { 'node_modules/c/package.json': { version: '2.0.0' } });
    expect((await find()).packages).toEqual({ c: '2.0.0 unlocked' });
  });

  it('sees an edit inside a linked package', async () => {
    const { root, find } = makeFinder({
      'stages/a.ts': "import 'c';\n",
      'packages/c/package.json': { version: '1.0.0' },
      'packages/c/index.js': '1;\n',
      'packages/c/node_modules/d/index.js': '1;\n',
      'node_modules/.package-lock.json': {
        packages: { 'node_modules/c': { resolved: 'packages/c', link: true }, 'packages/c': { version: '1.0.0' } },
      },
    });
    symlinkSync('../packages/c', join(root, 'node_modules/c'));
    const first = await find();
    writeFiles(root, { 'packages/c/node_modules/d/index.js': '2;\n' });
    expect((await find()).packages).toEqual(first.packages);
    writeFiles(root, { 'packages/c/index.js': '2;\n' });
    expect((await find()).packages).not.toEqual(first.packages);
  });

  it('finds again what another version of itself remembered', async () => {
    const { lineage, counts, find } = makeFinder(FILES);
    await find();
    lineage.rememberClosure(PROGRAM, lineage.recallClosure(PROGRAM)!.replace(/esbuild@[\d.]+/, 'esbuild@0.1.0'));
    await find();
    expect(counts.found).toBe(2);
  });
});
