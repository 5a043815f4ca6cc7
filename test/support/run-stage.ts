/** Runs a program of stages/ as the engine does: bundled, in a process of its own, with a context file and a messages pipe. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { execa } from 'execa';
import type { Json, JsonObject } from '../../lib/base/canonical-json.ts';
import type { ContextFile, StageMessage } from '../../lib/stage-api/context-file.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');

export interface StageRun {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  readonly messages: readonly StageMessage[];
}

/** A folder below the repository, so that a bundled program finds node_modules. `remove` takes it away. */
export function makeStageFolder(): { readonly path: string; remove(): void } {
  mkdirSync(join(REPOSITORY, 'artifacts'), { recursive: true });
  const path = mkdtempSync(join(REPOSITORY, 'artifacts/.test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Runs stages/<name>.ts in `folder`. Its output `data` is the folder `<folder>/data`, which is emptied before; its checkpoint folder
 * is kept between runs.
 */
export async function runStageProgram(
  name: string,
  folder: string,
  given: { readonly params: JsonObject; readonly unkeyed?: Record<string, Json> },
): Promise<StageRun> {
  const program = join(folder, `${name}.mjs`);
  buildSync({
    entryPoints: [join(REPOSITORY, 'stages', `${name}.ts`)],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const data = join(folder, 'data');
  const checkpoint = join(folder, 'checkpoint');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data);
  mkdirSync(checkpoint, { recursive: true });
  const context: ContextFile = {
    version: 1,
    params: given.params,
    unkeyed: given.unkeyed ?? {},
    inputs: {},
    outputs: { data: { path: data, kind: 'dataset' } },
    checkpoint,
    compute: null,
  };
  const contextPath = join(folder, 'context.json');
  writeFileSync(contextPath, JSON.stringify(context));
  const run = await execa('node', [program], {
    cwd: folder,
    env: { ASSAY_CONTEXT: contextPath, ASSAY_MESSAGES_FD: '3' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    reject: false,
  });
  const messages = String(run.stdio[3] ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StageMessage);
  return { exitCode: run.exitCode, stderr: String(run.stderr), messages };
}
