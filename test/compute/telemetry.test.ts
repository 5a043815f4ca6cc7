/** ONNX Runtime's binaries report their use unless told not to. A process of its own: the choice is made once, when they load. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { writeStageProgram } from '../support/stage-program.ts';

/** Starts the backend in a child with a home of its own and gives the files that the child left there. */
function filesLeftBy(source: string): string[] {
  const home = mkdtempSync(join(tmpdir(), 'assay-home-'));
  // Inside the repository, where packages are found.
  const cache = join(import.meta.dirname, '../../node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const program = join(mkdtempSync(join(cache, 'assay-child-')), 'program.mjs');
  writeStageProgram(program, source);
  // Neither of these two may keep it silent in our place.
  const { CI: _ci, ORT_DISABLE_TELEMETRY: _disabled, ...env } = process.env;
  const child = spawnSync(process.execPath, [program], {
    env: { ...env, HOME: home, XDG_CACHE_HOME: join(home, 'cache'), TMPDIR: home },
    encoding: 'utf8',
  });
  rmSync(dirname(program), { recursive: true });
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  rmSync(home, { recursive: true });
  return files.map(({ name }) => name);
}

test('starting onnx leaves no identity and no report behind', () => {
  const files = filesLeftBy(`
    import { startCompute } from '../lib/compute/start.ts';
    await startCompute({ backend: 'onnx', version: 'any', threads: 1 });
  `);
  expect(files).toEqual([]);
});
