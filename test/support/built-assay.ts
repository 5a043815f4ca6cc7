/** The command line as users run it: bundled by build.js, one bundle for each state of the sources. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { digestBytes, shortDigest } from '../../lib/base/digest.ts';
import { systemErrorCode } from '../../lib/base/errors.ts';

/** Inside node_modules, so that the bundle finds the packages that stay outside it. */
const CACHE = resolve('node_modules/.cache/assay-test');
/** Builds of earlier states of the sources that are kept: another worker may still run one. */
const KEPT_BUILDS = 5;

let built: string | undefined;

/** The path of assay.js, the same for all of a worker's life. Workers that ask at one time may each build; the first to finish is used by all. */
export function builtAssay(): string {
  return (built ??= build());
}

function build(): string {
  const folder = join(CACHE, stateOfSources());
  const program = join(folder, 'assay.js');
  if (existsSync(program)) return program;
  mkdirSync(CACHE, { recursive: true });
  const building = join(CACHE, `.building-${process.pid}`);
  execFileSync(process.execPath, ['build.js', building], { stdio: 'pipe' });
  try {
    renameSync(building, folder);
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes(systemErrorCode(error) ?? '')) throw error;
    rmSync(building, { recursive: true });
  }
  removeOldBuilds();
  return program;
}

function stateOfSources(): string {
  const files = ['lib', 'build.js', 'package.json'].flatMap((root) =>
    statSync(root).isFile()
      ? [root]
      : readdirSync(root, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => join(root, name)),
  );
  const states = files.sort().map((file) => `${file} ${statSync(file).mtimeMs} ${statSync(file).size}`);
  return shortDigest(digestBytes(states.join('\n')));
}

function removeOldBuilds(): void {
  const builds = readdirSync(CACHE)
    .filter((name) => !name.startsWith('.'))
    .sort((a, b) => statSync(join(CACHE, b)).mtimeMs - statSync(join(CACHE, a)).mtimeMs);
  for (const name of builds.slice(KEPT_BUILDS)) rmSync(join(CACHE, name), { recursive: true, force: true });
}
