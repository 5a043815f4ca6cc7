import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../lib/base/digest.ts';
import { UserError } from '../../lib/base/errors.ts';
import { bundleProgram } from '../../lib/plan/bundle-program.ts';
import { makeProject, writeFiles } from './examples.ts';

async function faultOf(
  root: string,
  program: string,
): Promise<{ code: string; message: string; hint: string | undefined }> {
  const error: unknown = await bundleProgram(root, program).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error('expected a UserError', { cause: error });
  return { code: error.code, message: error.message, hint: error.hint };
}

/** Writes the bundle where the engine does. */
function stage(root: string, text: string): string {
  const path = join(root, 'artifacts/staging/0123456789abcdef/program.mjs');
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('bundleProgram', () => {
  it('follows values and not types, and hashes the bytes that it bundles', async () => {
    const root = makeProject({
      'stages/a.ts': [
        "import type { Shape } from './types.ts';",
        "import { type Other, OnlyAType } from './erased.ts';",
        "import { used } from '../lib/used.ts';",
        "import settings from './settings.json' with { type: 'json' };",
        "import { sep } from 'node:path';",
        "const shape: Shape & Other & OnlyAType = (await import('./lazy.ts')).shape;",
        'console.log(used, settings.a, sep, shape);',
      ].join('\n'),
      'stages/types.ts': 'export type Shape = unknown;',
      'stages/erased.ts': 'export type Other = unknown; export type OnlyAType = unknown; throw new Error();',
      'stages/lazy.ts': 'export const shape = 4;',
      'stages/settings.json': { a: 1 },
      'lib/used.ts': 'export const used: string = "é";',
    });
    const bundle = await bundleProgram(root, 'stages/a.ts');
    const files = ['lib/used.ts', 'stages/a.ts', 'stages/lazy.ts', 'stages/settings.json'];
    expect(bundle.code).toEqual(
      Object.fromEntries(files.map((path) => [path, digestBytes(readFileSync(join(root, path)))])),
    );
    expect(execFileSync(process.execPath, [stage(root, bundle.text)], { encoding: 'utf8' })).toBe('é 1 / 4\n');
  });

  it('gives a stack trace that points into the sources', async () => {
    const root = makeProject({
      'stages/a.ts': "import { fail } from './fail.ts';\n\nfail();\n",
      'stages/fail.ts': "interface Unused { a: 1 }\nexport function fail(): never {\n  throw new Error('boom');\n}\n",
    });
    const { text } = await bundleProgram(root, 'stages/a.ts');
    const { stderr } = spawnSync(process.execPath, ['--enable-source-maps', stage(root, text)], { encoding: 'utf8' });
    const places = [...stderr.matchAll(/\((\/.*:\d+:\d+)\)/g)].map(([, place]) => place!.replace(root, ''));
    expect(places.slice(0, 2)).toEqual(['/stages/fail.ts:3:9', '/stages/a.ts:3:1']);
  });

  it('is shaped by no other file: neither tsconfig.json nor package.json changes a byte', async () => {
    const root = makeProject({
      'stages/a.ts':
        "import c from './c.cjs';\nimport './side.js';\nclass A { declared: unknown }\nconsole.log(c, new A());\n",
      'stages/c.cjs': "exports.separator = require('node:path').sep;\n",
      'stages/side.js': 'globalThis.loaded = true;\n',
      'lib/side.js': '',
    });
    const { text } = await bundleProgram(root, 'stages/a.ts');
    for (const [manifest, config] of [
      [
        { type: 'commonjs', sideEffects: false },
        { useDefineForClassFields: false, target: 'es5', verbatimModuleSyntax: true },
      ],
      [
        { type: 'module', browser: { './stages/side.js': './lib/side.js' } },
        { paths: { '*': ['./lib/*'] }, jsx: 'react' },
      ],
    ]) {
      writeFiles(root, { 'package.json': manifest, 'tsconfig.json': { compilerOptions: config } });
      expect((await bundleProgram(root, 'stages/a.ts')).text).toBe(text);
    }
    expect(execFileSync(process.execPath, [stage(root, text)], { encoding: 'utf8' })).toBe(
      "{ separator: '/' } A { declared: undefined }\n",
    );
  });

  it('is the same text wherever the project lies', async () => {
    const files = { 'stages/a.ts': "import './b.ts';", 'stages/b.ts': 'console.log(1);' };
    const [one, two] = await Promise.all([files, files].map((f) => bundleProgram(makeProject(f), 'stages/a.ts')));
    expect(one).toEqual(two);
  });

  it('leaves packages outside, lets CommonJS be required, and allows a program its own require', async () => {
    const root = makeProject({
      'stages/a.ts': [
        "import { createRequire } from 'node:module';",
        "import { b } from '@scope/b/deep.js';",
        "import type { T } from 'types-only';",
        "import unused from 'never-used';",
        'const require = createRequire(import.meta.url);',
        "const c = await import('c').catch(() => 'no c');",
        "console.log(b as T, c, typeof require('node:fs').readFileSync);",
      ].join('\n'),
      'node_modules/@scope/b/package.json': { name: '@scope/b', version: '1.0.0' },
      'node_modules/@scope/b/deep.js': "exports.b = 'b of commonjs';",
    });
    const bundle = await bundleProgram(root, 'stages/a.ts');
    expect(bundle.imports).toEqual([
      { name: '@scope/b', isNeeded: true, importer: 'stages/a.ts' },
      { name: 'c', isNeeded: false, importer: 'stages/a.ts' },
    ]);
    expect(execFileSync(process.execPath, [stage(root, bundle.text)], { encoding: 'utf8' })).toBe(
      'b of commonjs no c function\n',
    );
  });

  it('tells which files would be imported instead, should they appear', async () => {
    const root = makeProject({
      'stages/a.ts': "import './exact.ts';\nimport './script.js';\nimport './folder';\n",
      'stages/exact.ts': '',
      'stages/script.ts': '',
      'stages/folder/index.js': '',
    });
    const { missed } = await bundleProgram(root, 'stages/a.ts');
    expect(missed).toMatchInlineSnapshot(`
      [
        "stages/folder",
        "stages/folder.cjs",
        "stages/folder.cts",
        "stages/folder.js",
        "stages/folder.json",
        "stages/folder.jsx",
        "stages/folder.mjs",
        "stages/folder.mts",
        "stages/folder.ts",
        "stages/folder.tsx",
        "stages/folder/index.cts",
        "stages/folder/index.mts",
        "stages/folder/index.ts",
        "stages/folder/index.tsx",
        "stages/script.js",
      ]
    `);
  });

  it('locates what is wrong with a program', async () => {
    const root = makeProject({
      'stages/syntax.ts': 'const ü = 1;\nconst x = ;\n',
      'stages/missing.ts':
        "const é = 'ü'; import a from './nope.ts';\n\timport b from './nope2.ts';\nconsole.log(a, b);\n",
      'stages/refused.ts': "import '#lib';\nimport 'https://example.org/x.js';\nimport './picture.png';\n",
      'stages/picture.png': '',
      'stages/pattern.ts': 'const n = process.argv[2];\nimport(`./parts/${n}.ts`);\n',
      'stages/parts/one.ts': '',
    });
    expect(await faultOf(root, 'stages/syntax.ts')).toMatchInlineSnapshot(`
      {
        "code": "program-broken",
        "hint": "correct the lines above and run again",
        "message": "stages/syntax.ts cannot be built
      stages/syntax.ts:2:11 error: Unexpected ";"
            const x = ;
                      ~",
      }
    `);
    expect((await faultOf(root, 'stages/missing.ts')).message).toMatchInlineSnapshot(`
      "stages/missing.ts cannot be built
      stages/missing.ts:1:30 error: no such file: ./nope.ts
            const é = 'ü'; import a from './nope.ts';
                                         ~~~~~~~~~~~
      stages/missing.ts:2:16 error: no such file: ./nope2.ts
            	import b from './nope2.ts';
            	              ~~~~~~~~~~~~"
    `);
    expect((await faultOf(root, 'stages/refused.ts')).message).toMatchInlineSnapshot(`
      "stages/refused.ts cannot be built
      stages/refused.ts:1:8 error: package.json "imports" are not followed; write the path of the file instead
            import '#lib';
                   ~~~~~~
      stages/refused.ts:2:8 error: what "https:" imports name cannot be hashed
            import 'https://example.org/x.js';
                   ~~~~~~~~~~~~~~~~~~~~~~~~~~
      stages/refused.ts:3:8 error: No loader is configured for ".png" files: stages/picture.png
            import './picture.png';
                   ~~~~~~~~~~~~~~~"
    `);
    expect(await faultOf(root, 'stages/pattern.ts')).toMatchInlineSnapshot(`
      {
        "code": "program-broken",
        "hint": "import each file by its own name",
        "message": "stages/pattern.ts imports by pattern (./parts/**/*.ts)",
      }
    `);
    expect((await faultOf(root, 'stages/nowhere.ts')).message).toMatchInlineSnapshot(`
      "stages/nowhere.ts cannot be built
      error: no such file: stages/nowhere.ts"
    `);
  });

  it('refuses what lies outside the project', async () => {
    const outside = makeProject({ 'common.ts': '', 'project/stages/a.ts': "import '../../common.ts';\n" });
    const root = join(outside, 'project');
    expect(await faultOf(root, 'stages/a.ts')).toMatchInlineSnapshot(`
      {
        "code": "path-outside-project",
        "hint": "move the file into the project, or install it as an npm package: what lies outside cannot be followed",
        "message": "stages/a.ts cannot be built
      stages/a.ts:1:8 error: ../../common.ts lies outside the project
            import '../../common.ts';
                   ~~~~~~~~~~~~~~~~~",
      }
    `);
    expect((await faultOf(root, '../common.ts')).code).toBe('path-outside-project');
  });

  it('knows a linked file by the name that the program uses', async () => {
    const root = makeProject({ 'stages/a.ts': "import './link.ts';\n", 'real.ts': 'console.log(1);' });
    symlinkSync('../real.ts', join(root, 'stages/link.ts'));
    const { code } = await bundleProgram(root, 'stages/a.ts');
    expect(Object.keys(code)).toEqual(['stages/a.ts', 'stages/link.ts']);
  });
});
