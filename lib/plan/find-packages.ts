/** The npm packages that a program can reach, each by version and content: the part of the code that others wrote. */
import { relative, sep } from 'node:path';
import { compareUtf8 } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { InstalledPackage, NpmInstallation } from './npm-installation.ts';

/** A package that the program itself imports. */
export interface ExternalImport {
  readonly name: string;
  /** A static import: without the package the program cannot start. `import()` and `require` may be within a `try`. */
  readonly isNeeded: boolean;
  /** The file that imports it, for the message. */
  readonly importer: string;
}

export interface PackageClosure {
  /** As Action.packages. */
  readonly packages: Readonly<Record<string, string>>;
  /** Whether a linked folder is among them: it can change without any lock file changing. */
  readonly hasLinks: boolean;
}

/**
 * Walks from the imports through dependencies, installed optional ones and peers, as npm nests them. One copy of a package is known
 * by its name; of several, each by its place (`node_modules/a/node_modules/b`), because the place says who gets which.
 * `digestFolder` is asked for linked packages only. Throws UserError `package-missing`.
 */
export function findPackages(
  projectRoot: string,
  imports: readonly ExternalImport[],
  installation: NpmInstallation,
  digestFolder: (folder: string) => Digest,
): PackageClosure {
  const copies = new Map<string, Map<string, InstalledPackage>>();
  const absent = new Set<string>();
  const queue: { name: string; found: InstalledPackage }[] = [];

  const reach = (name: string, found: InstalledPackage | undefined): void => {
    // Types are erased before anything runs.
    if (name.startsWith('@types/')) return;
    if (found === undefined) {
      absent.add(name);
      return;
    }
    const known = copies.get(name) ?? new Map<string, InstalledPackage>();
    copies.set(name, known);
    if (known.has(found.folder)) return;
    known.set(found.folder, found);
    queue.push({ name, found });
  };

  for (const external of imports) {
    const found = installation.find(external.name);
    if (found === undefined && external.isNeeded) throw packageMissing(external);
    reach(external.name, found);
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const name of next.found.dependencies) reach(name, installation.find(name, next.found.folder));
  }

  const packages: [string, string][] = [...absent].filter((name) => !copies.has(name)).map((name) => [name, 'absent']);
  let hasLinks = false;
  for (const [name, places] of copies) {
    for (const { folder, identity } of places.values()) {
      hasLinks ||= identity === null;
      const key = places.size === 1 ? name : relative(projectRoot, folder).split(sep).join('/');
      packages.push([key, identity ?? `link ${digestFolder(folder)}`]);
    }
  }
  packages.sort(([a], [b]) => compareUtf8(a, b));
  return { packages: Object.fromEntries(packages), hasLinks };
}

function packageMissing({ name, importer }: ExternalImport): UserError {
  return new UserError('package-missing', `${importer} imports "${name}", which is not installed`, {
    hint: `run: npm install ${name}`,
  });
}
