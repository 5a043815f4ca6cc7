/** Lineage databases in temporary folders, a clock that stands still until moved, and child processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../lib/base/clock.ts';
import type { Digest } from '../../lib/base/digest.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import { actionKey } from '../../lib/model/action.ts';
import { commitOf, executionStart, makeAction, runStart, type Work } from './samples.ts';

export class FakeClock implements Clock {
  ms = 1_700_000_000_000;
  nowMs = () => this.ms;
  elapsedMs = () => this.ms;
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-lineage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Rig {
  readonly path: string;
  readonly clock: FakeClock;
  readonly lineage: Lineage;
  readonly runId: number;
  /** Starts and commits an execution that reads and makes these; returns its id and key. */
  make(instance: string, work: Work): { executionId: number; key: Digest };
}

export function makeRig(): Rig {
  const path = join(makeFolder(), 'lineage.db');
  const clock = new FakeClock();
  const lineage = Lineage.open(path, { clock });
  onTestFinished(() => lineage.close());
  const runId = lineage.startRun(runStart({ startedAtMs: clock.ms }));
  return {
    path,
    clock,
    lineage,
    runId,
    make(instance, work) {
      const action = makeAction(work);
      const executionId = lineage.startExecution(executionStart(action, { runId, instance, startedAtMs: clock.ms }));
      lineage.commitResult(commitOf(executionId, work, { endedAtMs: clock.ms + 5 }));
      return { executionId, key: actionKey(action) };
    },
  };
}

/** As `assay verify --repair` does; the history stays. */
export function forgetResults(lineage: Lineage, ...forget: Digest[]): void {
  const mending = { records: [], artifacts: [], forget, leases: [], forgetFiles: [] };
  lineage.mendRows(mending, join(makeFolder(), 'before.db'));
}

/** Starts `source`, a TypeScript module that may import './samples.ts' and '../../lib/…', in a Node process of its own. */
export function startChild(source: string, args: readonly string[]): ChildProcess {
  const folder = makeFolder();
  const { outputFiles } = buildSync({
    stdin: { contents: source, loader: 'ts', resolveDir: resolve('test/lineage'), sourcefile: 'child.ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'child.mjs'), outputFiles[0]!.contents);
  const child = fork(join(folder, 'child.mjs'), args, { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** The next message of the child; rejects when it ends without one. */
export function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((done, fail) => {
    child.once('message', done);
    child.once('exit', (code, signal) => fail(new Error(`the child ended with ${code ?? signal}`)));
  });
}

/** Resolves when the child has ended and was seen to end. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done(child.exitCode);
    else child.once('exit', (code) => done(code));
  });
}
