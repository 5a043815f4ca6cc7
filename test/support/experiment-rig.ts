/** Runs a stage program as the engine does: bundled, as a process of its own, with a written context and nothing else. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { fileAppears } from './wait-for-file.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
// Inside the project, so that the bundle's bare imports resolve.
const SCRATCH = join(PROJECT, 'artifacts');

export interface StageRun {
  readonly stage: string;
  readonly params: object;
  readonly inputs?: Record<string, string | { members: { label: string; path: string; artifact: string }[] }>;
  readonly outputs: Record<string, 'dataset' | 'model' | 'metrics' | 'image' | 'file'>;
  /** Kills the process, with no time to say goodbye, when this file exists. */
  readonly killOnceExists?: (folder: string) => string;
}

export interface StageResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly folder: string;
  /** Absolute path of an output. */
  readonly output: (name: string) => string;
  readonly json: (name: string) => any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export function makeScratch(): string {
  mkdirSync(SCRATCH, { recursive: true });
  return mkdtempSync(join(SCRATCH, '.test-'));
}

export function removeScratch(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The artifact digest that stands for an input in these tests. */
export const ARTIFACT = `sha256:${'5'.repeat(64)}`;

/** Runs in `<scratch>/<name>`; a second run there finds the checkpoint of the first. */
export async function runStageProgram(scratch: string, name: string, run: StageRun): Promise<StageResult> {
  const folder = join(scratch, name);
  const program = join(scratch, `${run.stage}.mjs`);
  await build({
    entryPoints: [join(PROJECT, 'stages', `${run.stage}.ts`)],
    outfile: program,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  mkdirSync(join(folder, 'checkpoint'), { recursive: true });
  const output = (outputName: string): string => {
    const kind = run.outputs[outputName];
    return join(folder, 'outputs', `${outputName}${kind === 'metrics' ? '.json' : kind === 'image' ? '.png' : ''}`);
  };
  rmSync(join(folder, 'outputs'), { recursive: true, force: true });
  mkdirSync(join(folder, 'outputs'));
  const outputs = Object.entries(run.outputs).map(([outputName, kind]) => {
    if (kind === 'dataset' || kind === 'model') mkdirSync(output(outputName));
    return [outputName, { path: output(outputName), kind }];
  });
  const inputs = Object.entries(run.inputs ?? {}).map(([inputName, input]) => [
    inputName,
    typeof input === 'string' ? { path: input, artifact: ARTIFACT } : input,
  ]);
  const context = {
    version: 1,
    params: run.params,
    unkeyed: { mirror: null },
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    checkpoint: join(folder, 'checkpoint'),
    compute: { backend: 'wasm', version: '4.22.0', threads: 1 },
  };
  const contextPath = join(folder, 'context.json');
  writeFileSync(contextPath, JSON.stringify(context));
  const ended = await runProcess(program, contextPath, run.killOnceExists?.(folder));
  return {
    ...ended,
    folder,
    output,
    json: (outputName) => JSON.parse(readFileSync(output(outputName), 'utf8')),
  };
}

function runProcess(
  program: string,
  contextPath: string,
  killOnceExists: string | undefined,
): Promise<{ exitCode: number | null; signal: string | null; stderr: string }> {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], ASSAY_CONTEXT: contextPath },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  if (killOnceExists !== undefined) {
    void fileAppears(killOnceExists).then(() => child.kill('SIGKILL'));
  }
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (exitCode, signal) => done({ exitCode, signal, stderr }));
  });
}
