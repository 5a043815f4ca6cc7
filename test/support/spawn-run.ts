/** Starts runs in processes of their own, to meet or to kill. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { RunEvent } from '../../lib/model/event.ts';
import type { StageInstance } from '../../lib/model/stage.ts';
import type { RunOptions } from './execute-rig.ts';

let serial = 0;

export interface SpawnedRun {
  readonly process: ChildProcess;
  readonly events: readonly RunEvent[];
  /** Resolves with the first event, past or to come, for which `test` holds. Rejects when the process ends without. */
  event(test: (event: RunEvent) => boolean): Promise<RunEvent>;
  /** Resolves when the process has ended, with its exit code. */
  readonly ended: Promise<number | null>;
}

/** Bundles the driver once a test file. Inside node_modules, so that it finds the packages. */
export async function buildDriver(): Promise<string> {
  const folder = resolve('node_modules/.cache/assay-test');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `driver-${process.pid}.mjs`);
  await build({
    entryPoints: ['test/support/execute-driver.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  return outfile;
}

export function spawnRun(
  driver: string,
  root: string,
  instances: readonly StageInstance[],
  options: RunOptions = {},
): SpawnedRun {
  const request = join(root, `.request-${++serial}.json`);
  writeFileSync(request, JSON.stringify({ root, instances, options }));
  const child = spawn(process.execPath, [driver, request], { stdio: ['ignore', 'pipe', 'inherit'] });
  const events: RunEvent[] = [];
  const watchers = new Set<(event: RunEvent) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as RunEvent;
    events.push(event);
    for (const watcher of watchers) watcher(event);
  });
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  return {
    process: child,
    events,
    ended,
    event: (test) =>
      new Promise((found, missed) => {
        const past = events.find(test);
        if (past !== undefined) return found(past);
        watchers.add((event) => test(event) && found(event));
        void ended.then(() => missed(new Error(`the run ended with ${JSON.stringify(events)}`)));
      }),
  };
}
