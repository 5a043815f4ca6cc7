/** Paths of a pipeline file: relative to the project, inside it, also after symbolic links. */
import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, posix, sep } from 'node:path';
import { systemErrorCode, unreachable } from '../base/errors.ts';

/** What parsing asks of the disk. */
export interface ProjectFiles {
  /** Undefined when nothing is there. */
  find(absolutePath: string): FoundFile | undefined;
}

export interface FoundFile {
  /** Absolute, without symbolic links. */
  readonly realPath: string;
  readonly isFile: boolean;
}

export const diskFiles: ProjectFiles = {
  find(path) {
    try {
      return { realPath: realpathSync.native(path), isFile: statSync(path).isFile() };
    } catch (error) {
      // Absent, a file where a folder should be, a loop of links, or a name no file can have: nothing is there to read.
      if (
        ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(systemErrorCode(error) ?? '')
      )
        return undefined;
      throw error;
    }
  },
};

/** Results live here; reading one past the lineage would hide where it comes from. */
const STORE = 'artifacts';

export type PathProblem = 'outside' | 'in-store' | 'missing';

export type CheckedPath = { readonly path: string; readonly isFile: boolean } | { readonly problem: PathProblem };

export class ProjectPaths {
  readonly #root: string;
  readonly #files: ProjectFiles;
  readonly #checked = new Map<string, CheckedPath>();
  #realRoot: string | undefined;

  constructor(root: string, files: ProjectFiles) {
    this.#root = root;
    this.#files = files;
  }

  /** The path in its shortest form, when it is there and inside the project but not in the store. */
  check(written: string): CheckedPath {
    const known = this.#checked.get(written);
    if (known !== undefined) return known;
    const checked = this.#check(written);
    this.#checked.set(written, checked);
    return checked;
  }

  #check(written: string): CheckedPath {
    const path = normalisePath(written);
    if (path === undefined) return { problem: 'outside' };
    if (path === '.' || path === STORE || path.startsWith(`${STORE}/`)) return { problem: 'in-store' };
    const found = this.#files.find(join(this.#root, path));
    if (found === undefined) return { problem: 'missing' };
    this.#realRoot ??= this.#files.find(this.#root)?.realPath ?? this.#root;
    const store = join(this.#realRoot, STORE);
    if (found.realPath === this.#realRoot || isInside(found.realPath, store)) return { problem: 'in-store' };
    return isInside(found.realPath, this.#realRoot) ? { path, isFile: found.isFile } : { problem: 'outside' };
  }
}

/** A project path without `./`, `//` and trailing slash; undefined when it is absolute or leaves the project. Globs are paths too. */
export function normalisePath(written: string): string | undefined {
  if (isAbsolute(written) || posix.isAbsolute(written)) return undefined;
  const path = posix.normalize(written).replace(/(?<=.)\/$/, '');
  return path === '..' || path.startsWith('../') ? undefined : path;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A sentence that follows what the path is for: `the program `. */
export function describePathProblem(
  problem: PathProblem,
  written: string,
): { code: string; message: string; hint: string } {
  switch (problem) {
    case 'outside':
      return {
        code: 'path-outside-project',
        message: `"${written}" lies outside the project.`,
        hint: 'paths are relative to the folder of the pipeline file; links must stay inside it',
      };
    case 'in-store':
      return {
        code: 'path-in-store',
        message: `"${written}" holds or lies in artifacts/, where results are kept.`,
        hint: 'read a result as stage.output',
      };
    case 'missing':
      return {
        code: 'missing-input',
        message: `"${written}" is not there.`,
        hint: 'paths are relative to the folder of the pipeline file',
      };
    default:
      return unreachable(problem);
  }
}
