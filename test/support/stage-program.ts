/** Stage programs as text, bundled as the engine bundles them, so that tests run real ones. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles `source`, which may import `../lib/stage-api/…` as a program in stages/ does, and writes it to `path`. */
export function writeStageProgram(path: string, source: string): void {
  const { outputFiles } = buildSync({
    stdin: { contents: source, loader: 'ts', resolveDir: resolve('stages'), sourcefile: 'stage.ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  writeFileSync(path, outputFiles[0]!.contents);
}
