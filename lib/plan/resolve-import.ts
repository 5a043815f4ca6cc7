/** What an import specifier means, decided by nothing but the specifier and which files exist. */
import { statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, resolve } from 'node:path';

export type Specifier =
  | { readonly kind: 'local' }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'builtin' }
  /** Carried in the specifier itself, so hashed with the file that holds it. */
  | { readonly kind: 'inline' }
  | { readonly kind: 'refused'; readonly why: string };

/** Pure. `./x` and `/x` are local, `node:fs` and `fs` built in, `@a/b/c` the package `@a/b`. */
export function classifySpecifier(specifier: string): Specifier {
  if (/^(\.{1,2}(\/|$)|\/)/.test(specifier)) return { kind: 'local' };
  if (isBuiltin(specifier)) return { kind: 'builtin' };
  if (specifier.startsWith('data:')) return { kind: 'inline' };
  if (specifier.startsWith('#')) {
    return { kind: 'refused', why: 'package.json "imports" are not followed; write the path of the file instead' };
  }
  const scheme = /^[a-z][a-z0-9+.-]+:/.exec(specifier)?.[0];
  if (scheme !== undefined) return { kind: 'refused', why: `what "${scheme}" imports name cannot be hashed` };
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  return { kind: 'package', name };
}

export interface Resolution {
  /** Absolute; undefined when there is no such file. */
  readonly path: string | undefined;
  /** Absolute paths that were tried first and are not there. Should one appear, the import would mean that file. */
  readonly missed: readonly string[];
}

// A file that is there as written always wins, so an import with its extension has nothing to shadow it.
const SOURCE_OF: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};
const IMPLIED_EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'];

/**
 * Resolves a local import: as written; then `./x.js` to `./x.ts`, as TypeScript does; then `./x` to `./x.ts` and so on; then
 * `./x/index.ts` and so on. Symbolic links are not resolved: a file is known by the name that the program uses.
 */
export function resolveLocal(specifier: string, importer: string): Resolution {
  const missed: string[] = [];
  for (const candidate of candidatesFor(resolve(dirname(importer), specifier))) {
    if (isFile(candidate)) return { path: candidate, missed };
    missed.push(candidate);
  }
  return { path: undefined, missed };
}

function* candidatesFor(path: string): Generator<string> {
  yield path;
  const extension = /\.[cm]?jsx?$/.exec(path)?.[0];
  if (extension !== undefined) {
    for (const source of SOURCE_OF[extension] ?? []) yield path.slice(0, -extension.length) + source;
  }
  for (const implied of IMPLIED_EXTENSIONS) yield path + implied;
  for (const implied of IMPLIED_EXTENSIONS) yield `${path}/index${implied}`;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
