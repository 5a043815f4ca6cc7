/** Walks a file or folder that is to become an artifact, and refuses what a manifest cannot say. */
import { closeSync, constants, lstatSync, openSync, readdirSync, type Dirent } from 'node:fs';
import { compareUtf8 } from '../base/canonical-json.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import type { Manifest } from '../model/artifact.ts';
import { findPathProblem } from './manifest.ts';

/** What the tree is to the user: decides the code and the words of an error. */
export type TreeRole = 'output' | 'input';

/** Names that need no closer look: nearly all. */
const PLAIN_NAME = /^[\w-][\w.-]*$/;

export interface CollectedFile {
  /** Inside the artifact: `.` for a file, else a relative POSIX path. */
  readonly path: string;
  readonly absolute: string;
}

export interface CollectedTree {
  readonly form: Manifest['form'];
  /** In UTF-8 byte order of `path`. */
  readonly files: readonly CollectedFile[];
}

/**
 * Lists the regular files at `root`. Throws UserError `output-missing`, `output-empty` (a folder without a file),
 * `output-unsupported`, `output-unreadable`, or the same with `input-`.
 *
 * Symbolic links are refused wherever they point. Followed, they would make a digest depend on files outside the tree and
 * double the files inside it; stored as links, they would break where the artifact is used. Empty folders are not part of an
 * artifact: only files have content.
 */
export function collectTree(root: string, role: TreeRole): CollectedTree {
  const found = reading(role, root, () => lstatSync(root, { throwIfNoEntry: false }));
  if (found === undefined) {
    throw new UserError(`${role}-missing`, `${role} was not found: ${root}`, {
      hint:
        role === 'output'
          ? 'The program ended without writing it. Write to the path given in the context, or remove the output from the stage.'
          : 'Check the path in the pipeline file.',
    });
  }
  if (found.isFile()) return { form: 'file', files: [{ path: '.', absolute: root }] };
  if (!found.isDirectory()) throw unsupported(role, root, kindOf(found));
  const paths: string[] = [];
  walk(root, '', role, paths);
  if (paths.length === 0) {
    throw new UserError(`${role}-empty`, `${role} is a folder without a file: ${root}`, {
      hint: role === 'output' ? 'Write at least one file into it.' : 'Put the files there first.',
    });
  }
  return { form: 'directory', files: sortUtf8(paths).map((path) => ({ path, absolute: `${root}/${path}` })) };
}

/** Opens a collected file. A link or pipe put in its place meanwhile is not followed and does not block. */
export function openCollected(path: string, role: TreeRole): number {
  return reading(role, path, () =>
    openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)),
  );
}

/** Runs `work` on an open collected file and closes it. */
export function withCollected<T>(path: string, role: TreeRole, work: (fd: number) => T): T {
  const fd = openCollected(path, role);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

/** Sorts by UTF-8 bytes. The default order of strings is the same, and three times faster, unless surrogates occur. */
export function sortUtf8(paths: string[]): string[] {
  const hasSurrogate = paths.some((path) => /[\ud800-\udfff]/.test(path));
  return hasSurrogate ? paths.sort(compareUtf8) : paths.sort();
}

function walk(root: string, folder: string, role: TreeRole, paths: string[]): void {
  const absolute = folder === '' ? root : `${root}/${folder}`;
  for (const entry of reading(role, absolute, () => readdirSync(absolute, { withFileTypes: true }))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!PLAIN_NAME.test(entry.name)) refuseBadName(absolute, entry.name, role);
    if (entry.isFile()) paths.push(path);
    else if (entry.isDirectory()) walk(root, path, role, paths);
    else throw unsupported(role, `${root}/${path}`, kindOf(entry));
  }
}

function refuseBadName(folder: string, name: string, role: TreeRole): void {
  const problem = findPathProblem(name);
  if (problem !== undefined) throw unsupported(role, folder, `a file whose ${problem}`);
  if (!name.includes('\ufffd')) return;
  // Node shows bytes that are not UTF-8 as U+FFFD, which is also a character of its own: only the bytes tell them apart.
  const isReal = readdirSync(folder, { encoding: 'buffer' }).some((bytes) => bytes.equals(Buffer.from(name, 'utf8')));
  if (!isReal) throw unsupported(role, folder, `a file whose name is not UTF-8 (shown as ${JSON.stringify(name)})`);
}

function kindOf(entry: Pick<Dirent, 'isSymbolicLink' | 'isFIFO' | 'isSocket' | 'isBlockDevice'>): string {
  if (entry.isSymbolicLink()) return 'a symbolic link';
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSocket()) return 'a socket';
  return entry.isBlockDevice() ? 'a block device' : 'a device';
}

function unsupported(role: TreeRole, path: string, what: string): UserError {
  const hint =
    what === 'a symbolic link'
      ? role === 'output'
        ? 'Write the file itself, not a link to it.'
        : 'Put the file itself there, or name in the pipeline the place it points to.'
      : 'An artifact holds folders and regular files with UTF-8 names only.';
  return new UserError(`${role}-unsupported`, `${role} holds ${what}: ${path}`, { hint });
}

function reading<T>(role: TreeRole, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new UserError(`${role}-unreadable`, `${role} cannot be read (${code}): ${path}`, {
      hint:
        code === 'ENOENT' || code === 'ELOOP'
          ? 'It changed while Assay read it. Let nothing write there meanwhile, and run again.'
          : 'Give your user read access to this path.',
      cause: error,
    });
  }
}
