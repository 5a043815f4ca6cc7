import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../lib/base/errors.ts';
import { findPackages } from '../../lib/plan/find-packages.ts';
import { NpmInstallation } from '../../lib/plan/npm-installation.ts';
import { digestOf, makeProject, npmInstalled } from './examples.ts';

function packagesOf(root: string, ...names: string[]): Record<string, string> {
  const imports = names.map((name) => ({ name, isNeeded: true, importer: 'stages/a.ts' }));
  return { ...findPackages(root, imports, new NpmInstallation(root), digestOf).packages };
}

describe('findPackages', () => {
  it('reaches dependencies, installed optional ones and peers, and nothing else', () => {
    const root = makeProject(
      npmInstalled({
        'node_modules/a': {
          version: '1.0.0',
          integrity: 'sha512-a',
          dependencies: { b: '^2.0.0', '@types/b': '*' },
          optionalDependencies: { fast: '*', native: '*' },
          peerDependencies: { '@scope/peer': '*', styling: '*' },
          devDependencies: { tester: '*' },
        },
        'node_modules/b': { version: '2.1.0', integrity: 'sha512-b', dependencies: { a: '*' } },
        'node_modules/fast': { version: '3.0.0', integrity: 'sha512-fast' },
        'node_modules/@scope/peer': { version: '4.0.0', integrity: 'sha512-peer' },
        'node_modules/tester': { version: '5.0.0', integrity: 'sha512-tester' },
        'node_modules/unrelated': { version: '6.0.0', integrity: 'sha512-unrelated' },
        'node_modules/@types/b': { version: '7.0.0', integrity: 'sha512-types' },
      }),
    );
    expect(packagesOf(root, 'a')).toEqual({
      '@scope/peer': '4.0.0 sha512-peer',
      a: '1.0.0 sha512-a',
      b: '2.1.0 sha512-b',
      fast: '3.0.0 sha512-fast',
      native: 'absent',
      styling: 'absent',
    });
  });

  it('believes the disk on whether an optional package is there: npm lists those whose installation failed', () => {
    const root = makeProject(
      npmInstalled({
        'node_modules/a': { version: '1.0.0', integrity: 'sha512-a', optionalDependencies: { native: '*' } },
        'node_modules/native': { version: '2.0.0', integrity: 'sha512-native', missing: true },
      }),
    );
    expect(packagesOf(root, 'a')).toEqual({ a: '1.0.0 sha512-a', native: 'absent' });
  });

  it('tells two copies of a package apart by their place', () => {
    const root = makeProject(
      npmInstalled({
        'node_modules/a': { version: '1.0.0', integrity: 'sha512-a', dependencies: { c: '^1.0.0' } },
        'node_modules/a/node_modules/c': { version: '1.5.0', integrity: 'sha512-c1' },
        'node_modules/b': { version: '1.0.0', integrity: 'sha512-b', dependencies: { c: '^2.0.0' } },
        'node_modules/c': { version: '2.0.0', integrity: 'sha512-c2' },
      }),
    );
    expect(packagesOf(root, 'a')).toEqual({ a: '1.0.0 sha512-a', c: '1.5.0 sha512-c1' });
    expect(packagesOf(root, 'a', 'b')).toEqual({
      a: '1.0.0 sha512-a',
      b: '1.0.0 sha512-b',
      'node_modules/a/node_modules/c': '1.5.0 sha512-c1',
      'node_modules/c': '2.0.0 sha512-c2',
    });
  });

  it('takes package-lock.json when npm left no other, and package.json when there is none at all', () => {
    const lock = { lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } };
    const manifest = { name: 'a', version: '1.0.0', dependencies: { b: '*' } };
    const root = makeProject({ 'package-lock.json': lock, 'node_modules/a/package.json': manifest });
    expect(packagesOf(root, 'a')).toEqual({ a: '1.0.0 sha512-a' });
    const unlocked = makeProject({
      'node_modules/a/package.json': manifest,
      'node_modules/b/package.json': { version: '2.0.0' },
    });
    expect(packagesOf(unlocked, 'a')).toEqual({ a: '1.0.0 unlocked', b: '2.0.0 unlocked' });
  });

  it('finds what pnpm puts beside the real folder of a package', () => {
    const root = makeProject({
      'node_modules/.pnpm/a@1.0.0/node_modules/a/package.json': { version: '1.0.0', dependencies: { b: '*' } },
      'node_modules/.pnpm/a@1.0.0/node_modules/b/package.json': { version: '2.0.0' },
    });
    symlinkSync('.pnpm/a@1.0.0/node_modules/a', join(root, 'node_modules/a'));
    expect(packagesOf(root, 'a')).toEqual({ a: '1.0.0 unlocked', b: '2.0.0 unlocked' });
  });

  it('knows a linked package by the content of its folder, and a git dependency by its commit', () => {
    const root = makeProject({
      ...npmInstalled({
        'node_modules/linked': { resolved: 'packages/linked', link: true },
        'packages/linked': { version: '1.0.0', dependencies: { git: '*' } },
        'node_modules/git': { version: '2.0.0', resolved: 'git+ssh://git@example.org/git.git#0123abc' },
      }),
    });
    mkdirSync(join(root, 'node_modules/linked'), { recursive: true });
    symlinkSync('../../packages/linked/package.json', join(root, 'node_modules/linked/package.json'));
    expect(packagesOf(root, 'linked')).toEqual({
      git: '2.0.0 0123abc',
      linked: `link ${digestOf(join(root, 'packages/linked'))}`,
    });
  });

  it('reads the lock of the workspace that the project lies in', () => {
    const root = makeProject({
      ...npmInstalled({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } }),
      'apps/experiment/pipeline.yaml': '',
    });
    expect(packagesOf(join(root, 'apps/experiment'), 'a')).toEqual({ a: '1.0.0 sha512-a' });
  });

  it('refuses a program whose package is not installed, unless it can do without', () => {
    const root = makeProject({});
    const find = (isNeeded: boolean) =>
      findPackages(root, [{ name: '@a/b', isNeeded, importer: 'stages/a.ts' }], new NpmInstallation(root), digestOf);
    expect(() => find(true)).toThrow(
      new UserError('package-missing', 'stages/a.ts imports "@a/b", which is not installed', {
        hint: 'run: npm install @a/b',
      }),
    );
    expect(find(false).packages).toEqual({ '@a/b': 'absent' });
  });
});
