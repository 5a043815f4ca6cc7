/** What npm says it installed: node_modules/.package-lock.json, else package-lock.json, else each package's own package.json. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { systemErrorCode } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';

export interface InstalledPackage {
  /** Absolute; where its own node_modules would be. The target, for a link. */
  readonly folder: string;
  /** `1.2.3 sha512-…`; null for a link to a folder, whose content may change under any version. */
  readonly identity: string | null;
  /** What it may import: dependencies, optional and peer ones alike. */
  readonly dependencies: readonly string[];
}

/** One entry of `packages` in a lock file of version 2 or 3; all that is read of it. */
interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly root: string;
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const LOCK_FILES = ['node_modules/.package-lock.json', 'package-lock.json'];

/** Reads each lock file at most once in its life. Not for use across an `npm install`. */
export class NpmInstallation {
  readonly #projectRoot: string;
  readonly #locks: readonly Lock[];
  /** Absolute paths of files whose content, or absence, decided an answer. */
  readonly consulted = new Set<string>();

  constructor(projectRoot: string) {
    this.#projectRoot = resolve(projectRoot);
    // In a workspace the lock lies in a folder above the project.
    this.#locks = [...foldersUpFrom(this.#projectRoot)].flatMap((root) => {
      for (const file of LOCK_FILES) {
        const path = join(root, file);
        if (root === this.#projectRoot) this.consulted.add(path);
        const packages = readLock(path);
        if (packages === undefined) continue;
        this.consulted.add(path);
        return [{ root, packages }];
      }
      return [];
    });
  }

  /**
   * The package that `name` means to a file in `fromFolder`, by Node's rule: node_modules of that folder, then of each above it.
   * Undefined when it is not installed. A lock may list an optional package whose installation failed, so the disk has the word on
   * whether, and the lock only on what.
   */
  find(name: string, fromFolder: string = this.#projectRoot): InstalledPackage | undefined {
    for (const folder of foldersUpFrom(fromFolder)) {
      const path = join(folder, 'node_modules', name);
      if (existsSync(join(path, 'package.json'))) return this.#read(path);
    }
    this.consulted.add(join(this.#projectRoot, 'node_modules', name, 'package.json'));
    return undefined;
  }

  #read(path: string): InstalledPackage {
    for (const { root, packages } of this.#locks) {
      const entry = ownEntry(packages, relative(root, path).split(sep).join('/'));
      if (entry === undefined) continue;
      if (entry.link !== true)
        return { folder: path, identity: identityOf(entry), dependencies: dependenciesOf(entry) };
      const target = ownEntry(packages, entry.resolved ?? '') ?? {};
      return { folder: join(root, entry.resolved ?? ''), identity: null, dependencies: dependenciesOf(target) };
    }
    return this.#readFromDisk(path);
  }

  /** Installed by other means than npm. The real path, because pnpm puts a package's dependencies beside the real folder. */
  #readFromDisk(path: string): InstalledPackage {
    const file = join(path, 'package.json');
    this.consulted.add(file);
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as LockEntry;
    const folder = realpathSync(path);
    const isLink = !folder.includes(`${sep}node_modules${sep}`);
    return {
      folder,
      identity: isLink ? null : `${manifest.version ?? '?'} unlocked`,
      dependencies: dependenciesOf(manifest),
    };
  }
}

function identityOf(entry: LockEntry): string {
  // A git dependency has no integrity; its address ends in the commit. A bundled one came inside its parent's archive.
  const commit = entry.resolved?.startsWith('git') === true ? entry.resolved.split('#')[1] : undefined;
  return `${entry.version ?? '?'} ${entry.integrity ?? commit ?? (entry.inBundle === true ? 'bundled' : 'unlocked')}`;
}

function dependenciesOf(entry: LockEntry): readonly string[] {
  return Object.keys({ ...entry.dependencies, ...entry.optionalDependencies, ...entry.peerDependencies });
}

function ownEntry(packages: Lock['packages'], path: string): LockEntry | undefined {
  return Object.hasOwn(packages, path) ? packages[path] : undefined;
}

/** Undefined when there is none, when it is of npm 6 or older, or when it is no JSON: the next source is asked instead. */
function readLock(path: string): Lock['packages'] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  const lock = parseJson(text) as { packages?: Lock['packages'] } | null | undefined;
  return lock?.packages;
}

function* foldersUpFrom(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    if (!at.endsWith(`${sep}node_modules`)) yield at;
    if (dirname(at) === at) return;
  }
}
