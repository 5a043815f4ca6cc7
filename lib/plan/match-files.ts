/** The files that a stage's `files:` globs name. */
import { existsSync, lstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { globSync as GlobSync } from 'tinyglobby';
import { compareUtf8 } from '../base/canonical-json.ts';
import { nearestName } from '../base/did-you-mean.ts';
import { UserError } from '../base/errors.ts';

// Results, what npm installed and history are no sources: the first would make a stage depend on its own output.
const NEVER = ['artifacts/**', '**/node_modules/**', '**/.git/**'];
const HINT_CANDIDATES = 10_000;

/**
 * Project paths, sorted by UTF-8 bytes, each once. A folder stands for all files in it. Symbolic links are not followed and not named.
 * Throws UserError `files-match-nothing` and `path-outside-project`.
 */
export function matchFiles(projectRoot: string, stage: string, globs: readonly string[]): readonly string[] {
  const matches = new Set<string>();
  for (const glob of globs) {
    if (glob.startsWith('/') || glob.split('/').includes('..')) {
      throw new UserError('path-outside-project', `stage "${stage}": files: "${glob}" lies outside the project`, {
        hint: 'name files by their path inside the project',
      });
    }
    const found = matchOne(projectRoot, glob);
    if (found.length === 0) throw matchesNothing(projectRoot, stage, glob);
    for (const path of found) matches.add(path);
  }
  return [...matches].sort(compareUtf8);
}

function matchOne(projectRoot: string, glob: string): readonly string[] {
  const path = glob.replace(/^\.\//, '');
  // Most are plain names, which need no search; and a name may hold brackets.
  if (isPlainFile(join(projectRoot, path))) return isNever(path) ? [] : [path];
  return list(projectRoot, [path]).filter((match) => isPlainFile(join(projectRoot, match)));
}

function list(projectRoot: string, patterns: string[]): string[] {
  // Required here: 30 ms of one core that a pipeline without globs need not spend.
  const { globSync } = createRequire(import.meta.url)('tinyglobby') as { globSync: typeof GlobSync };
  return globSync(patterns, {
    cwd: projectRoot,
    ignore: NEVER,
    dot: true,
    followSymbolicLinks: false,
    onlyFiles: true,
  });
}

function matchesNothing(projectRoot: string, stage: string, glob: string): UserError {
  const isInNever = isNever(glob.replace(/^\.\//, ''));
  const near = isInNever ? undefined : nearestName(glob, list(projectRoot, ['**']).slice(0, HINT_CANDIDATES));
  const hint = isInNever
    ? 'files in artifacts/, node_modules/ and .git/ are never matched; to read a result, make it an input'
    : near === undefined
      ? 'globs are relative to the project; remove the line if the stage reads no such file'
      : `did you mean "${near}"?`;
  return new UserError('files-match-nothing', `stage "${stage}": files: "${glob}" matches no file`, { hint });
}

function isNever(path: string): boolean {
  const segments = path.split('/');
  return segments[0] === 'artifacts' || segments.includes('node_modules') || segments.includes('.git');
}

function isPlainFile(path: string): boolean {
  return existsSync(path) && lstatSync(path).isFile();
}
