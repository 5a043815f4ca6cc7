/**
 * Bundles the command line, with the packages it uses: one file starts in a fraction of the time of hundreds. A cached
 * `assay run` took 640 ms of processor time with packages outside the bundle and 440 ms with them inside (perf stat, loaded machine).
 * `node build.js [folder]`, default `dist`.
 */
import { chmodSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = process.argv[2] ?? 'dist';
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: { assay: 'lib/cli/main.ts' },
  outdir,
  bundle: true,
  // Commands are imported when called, so that `assay run` on a cached pipeline loads only what it needs.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Native code, what finds its own files beside itself, and what only a page with plots needs.
  external: ['better-sqlite3', 'esbuild', '@tensorflow/*', 'vega', 'vega-lite'],
  sourcemap: true,
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS packages inside an ES module ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as createRequireForBundle } from 'node:module';\nconst require = createRequireForBundle(import.meta.url);",
  },
});
chmodSync(`${outdir}/assay.js`, 0o755);
