/** The code that may run when a program runs: found by following its imports, not declared. */
import { createRequire } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { digestRecord, type Digest } from '../base/digest.ts';
import { bundleProgram } from './bundle-program.ts';
import type { FileDigests } from './file-digests.ts';
import { findPackages, type ExternalImport } from './find-packages.ts';
import { matchFiles } from './match-files.ts';
import { NpmInstallation } from './npm-installation.ts';

export interface CodeClosure {
  /** Project path to digest: the program and every file of the project that it imports, types left out. */
  readonly code: Readonly<Record<string, Digest>>;
  readonly packages: Readonly<Record<string, string>>;
}

/** Where closures are kept between plans: Lineage. Text under a program's path. */
export interface ClosureMemory {
  recallClosure(program: string): string | undefined;
  rememberClosure(program: string, json: string): void;
}

/** Raise it when a change to resolving or to the format of Remembered makes old memories wrong. */
const FORMAT = 1;

/** What one closure was found from, so that it can be seen still to hold without reading or building anything. */
interface Remembered {
  readonly made: string;
  readonly code: CodeClosure['code'];
  /** Project paths that an import would mean instead, should they appear: `stages/x.ts` for an import of `./x` that means x.js. */
  readonly missed: readonly string[];
  readonly imports: readonly ExternalImport[];
  readonly packages: CodeClosure['packages'];
  /** The files that `packages` was read from, relative to the project; null for one that was not there. */
  readonly consulted: Readonly<Record<string, Digest | null>>;
  readonly hasLinks: boolean;
}

/** Finds closures for one plan: an npm lock file is parsed at most once in its life, and only when one changed. */
export class ClosureFinder {
  readonly #projectRoot: string;
  readonly #digests: FileDigests;
  readonly #memory: ClosureMemory;
  #installation: NpmInstallation | undefined;

  constructor(projectRoot: string, digests: FileDigests, memory: ClosureMemory) {
    this.#projectRoot = resolve(projectRoot);
    this.#digests = digests;
    this.#memory = memory;
  }

  /**
   * A remembered closure holds as long as each of its files has the digest it had and none has come that would be imported instead.
   * Otherwise the program is built to find out: 30-60 ms. Throws as bundleProgram and findPackages do, and remembers nothing then.
   */
  async find(program: string): Promise<CodeClosure> {
    const remembered = this.#recall(program);
    if (remembered !== undefined && this.#holdsPackages(remembered)) return remembered;
    const { code, missed, imports } = remembered ?? (await bundleProgram(this.#projectRoot, program));
    const found = this.#findPackages(imports);
    const fresh: Remembered = { made: makerVersion(), code, missed, imports: distinct(imports), ...found };
    this.#memory.rememberClosure(program, JSON.stringify(fresh));
    return fresh;
  }

  /** Undefined unless the code part of what is remembered still holds. */
  #recall(program: string): Remembered | undefined {
    const json = this.#memory.recallClosure(program);
    if (json === undefined) return undefined;
    const remembered = JSON.parse(json) as Remembered;
    if (remembered.made !== makerVersion()) return undefined;
    const holds =
      Object.entries(remembered.code).every(([path, digest]) => this.#digestOf(path) === digest) &&
      remembered.missed.every((path) => this.#digestOf(path) === null);
    return holds ? remembered : undefined;
  }

  #holdsPackages({ consulted, hasLinks }: Remembered): boolean {
    return !hasLinks && Object.entries(consulted).every(([path, digest]) => this.#digestOf(path) === digest);
  }

  #findPackages(imports: readonly ExternalImport[]): Pick<Remembered, 'packages' | 'consulted' | 'hasLinks'> {
    if (imports.length === 0) return { packages: {}, consulted: {}, hasLinks: false };
    const installation = (this.#installation ??= new NpmInstallation(this.#projectRoot));
    const { packages, hasLinks } = findPackages(this.#projectRoot, imports, installation, (folder) =>
      this.#digestLinked(folder),
    );
    const consulted = [...installation.consulted].map((path) => [
      relative(this.#projectRoot, path).split(sep).join('/'),
      this.#digests.digestOf(path),
    ]);
    return { packages, hasLinks, consulted: Object.fromEntries(consulted) as Remembered['consulted'] };
  }

  #digestLinked(folder: string): Digest {
    const files = matchFiles(folder, folder, ['**']);
    const digests = files.map((path) => [path, this.#digests.digestOf(join(folder, path))] as const);
    return digestRecord('linked-package/v1', Object.fromEntries(digests));
  }

  #digestOf(path: string): Digest | null {
    return this.#digests.digestOf(join(this.#projectRoot, path));
  }
}

function distinct(imports: readonly ExternalImport[]): readonly ExternalImport[] {
  const byMeaning = new Map(imports.map((external) => [`${external.name} ${external.isNeeded}`, external]));
  return [...byMeaning.values()];
}

/** Another esbuild may follow imports otherwise. Read from its package.json: esbuild itself is loaded only to build. */
function makerVersion(): string {
  cachedMaker ??= `${FORMAT} esbuild@${(createRequire(import.meta.url)('esbuild/package.json') as { version: string }).version}`;
  return cachedMaker;
}
let cachedMaker: string | undefined;
