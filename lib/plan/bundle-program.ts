/** One file that runs, made of exactly the bytes that were hashed. */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { BuildOptions, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import { compareUtf8 } from '../base/canonical-json.ts';
import { digestBytes, type Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { ExternalImport } from './find-packages.ts';
import { programError, type ErrorDetail } from './program-error.ts';
import { classifySpecifier, resolveLocal } from './resolve-import.ts';

export interface Bundle {
  /** For artifacts/staging/<any>/program.mjs; its source map is relative to there. */
  readonly text: string;
  /** Project path to the digest of the bytes that went in. */
  readonly code: Readonly<Record<string, Digest>>;
  /** The npm packages that the text imports. */
  readonly imports: readonly ExternalImport[];
  /** Project paths that must stay absent for the imports to mean what they meant. */
  readonly missed: readonly string[];
}

/**
 * Everything that shapes the text, so that nothing else does. tsconfigRaw keeps the user's tsconfig.json out, and resolving every
 * import ourselves keeps the user's package.json out (`type`, `imports`, `sideEffects`): neither file is in the action key.
 */
const OPTIONS = {
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'esm',
  // The oldest Node that Assay runs on; a newer one runs the same text.
  target: 'node20',
  charset: 'utf8',
  sourcemap: 'inline',
  logLevel: 'silent',
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
  // A local CommonJS file may require() a package or a part of Node. esbuild renames a `require` that the program declares itself.
  banner: {
    js: "import { createRequire as createRequireOfProgram } from 'node:module';\nconst require = createRequireOfProgram(import.meta.url);",
  },
} as const satisfies BuildOptions;

/**
 * Bundles a program with all it imports from the project; npm packages stay imports. Each file is read once, and what is read is
 * what is hashed and what runs. Throws UserError `program-broken` (located) and `path-outside-project`.
 */
export async function bundleProgram(projectRoot: string, program: string): Promise<Bundle> {
  const root = resolve(projectRoot);
  const reading = new Reading(root);
  // Imported here: 60 ms of one core that a run with nothing to do need not spend.
  const { build } = await import('esbuild');
  let result;
  try {
    result = await build({
      ...OPTIONS,
      absWorkingDir: root,
      entryPoints: [join(root, program)],
      outfile: join(root, 'artifacts/staging/any/program.mjs'),
      plugins: [reading.plugin],
    });
  } catch (error) {
    throw programError(program, error) ?? error;
  }
  for (const [file, { imports }] of Object.entries(result.metafile.inputs)) {
    const pattern = imports.find((i) => i.external === true && i.path.includes('*'));
    if (pattern !== undefined) throw importsByPattern(file, pattern.path);
  }
  const [output] = result.outputFiles;
  const [listing] = Object.values(result.metafile.outputs);
  const kept = new Set((listing?.imports ?? []).filter((i) => i.external === true).map((i) => i.path));
  return {
    text: output?.text ?? '',
    code: reading.code(),
    // What esbuild dropped (a type, a name never used) is not imported when the program runs.
    imports: reading.imports.filter(({ specifier }) => kept.has(specifier)).map(({ external }) => external),
    missed: reading.missed(),
  };
}

/** The files that one build reads. */
class Reading {
  readonly #root: string;
  readonly #files = new Map<string, { bytes: Buffer; digest: Digest }>();
  readonly #missed = new Set<string>();
  readonly imports: { specifier: string; external: ExternalImport }[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  readonly plugin: Plugin = {
    name: 'assay',
    setup: (build) => {
      build.onResolve({ filter: /.*/ }, (args) => this.#resolve(args));
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => this.#load(path));
    },
  };

  code(): Record<string, Digest> {
    const entries = [...this.#files].map(([path, { digest }]) => [this.#name(path), digest] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => compareUtf8(a, b)));
  }

  missed(): readonly string[] {
    return [...this.#missed].map((path) => this.#name(path)).sort(compareUtf8);
  }

  #resolve({ kind, path: specifier, importer }: OnResolveArgs): OnResolveResult | undefined {
    if (kind === 'entry-point') {
      if (!this.#isInside(specifier)) return { errors: [outsideProject(this.#name(specifier))] };
      return existsSync(specifier)
        ? { path: specifier }
        : { errors: [{ text: `no such file: ${this.#name(specifier)}` }] };
    }
    const meaning = classifySpecifier(specifier);
    switch (meaning.kind) {
      case 'inline':
        return undefined;
      case 'builtin':
        return { path: specifier, external: true };
      case 'refused':
        return { errors: [{ text: meaning.why }] };
      case 'package': {
        const external = { name: meaning.name, isNeeded: kind === 'import-statement', importer: this.#name(importer) };
        this.imports.push({ specifier, external });
        return { path: specifier, external: true };
      }
      case 'local': {
        const { path, missed } = resolveLocal(specifier, importer);
        if (path === undefined) return { errors: [{ text: `no such file: ${specifier}` }] };
        if (!this.#isInside(path)) return { errors: [outsideProject(specifier)] };
        for (const candidate of missed) if (this.#isInside(candidate)) this.#missed.add(candidate);
        return { path };
      }
    }
  }

  #load(path: string): OnLoadResult {
    let file = this.#files.get(path);
    if (file === undefined) {
      const bytes = readFileSync(path);
      file = { bytes, digest: digestBytes(bytes) };
      this.#files.set(path, file);
    }
    // `default`: by extension, as esbuild does by itself.
    return { contents: file.bytes, loader: 'default' };
  }

  #isInside(path: string): boolean {
    const name = relative(this.#root, path);
    return name !== '..' && !name.startsWith(`..${sep}`) && !isAbsolute(name);
  }

  #name(path: string): string {
    return relative(this.#root, path).split(sep).join('/');
  }
}

function outsideProject(specifier: string): { text: string; detail: ErrorDetail } {
  return {
    text: `${specifier} lies outside the project`,
    detail: {
      code: 'path-outside-project',
      hint: 'move the file into the project, or install it as an npm package: what lies outside cannot be followed',
    },
  };
}

/** A file that is added later would join such an import without any file that was hashed having changed. */
function importsByPattern(file: string, pattern: string): UserError {
  return new UserError('program-broken', `${file} imports by pattern (${pattern})`, {
    hint: 'import each file by its own name',
  });
}
