/** Lineage databases in temporary folders, a clock that stands still until moved, and small actions, commits and child processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../lib/base/clock.ts';
import { digestBytes, type Digest } from '../../lib/base/digest.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import type { Commit } from '../../lib/lineage/recorder.ts';
import { actionKey, type Action } from '../../lib/model/action.ts';
import type { Artifact } from '../../lib/model/artifact.ts';
import type { ExecutionEnd, ExecutionStart, RunStart, StageOutcome } from '../../lib/model/run.ts';

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

export interface Work {
  readonly reads?: Readonly<Record<string, string>>;
  readonly makes: Readonly<Record<string, string>>;
  readonly params?: Action['params'];
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

/** The digest of the artifact that tests call by this name. */
export function named(name: string): Digest {
  return digestBytes(name);
}

export function artifact(name: string): Artifact {
  return { digest: named(name), form: 'directory', sizeBytes: 100 + name.length, fileCount: name.length };
}

export function makeAction({ reads = {}, makes, params = { seed: 1 } }: Work): Action {
  return {
    schema: 'action/v1',
    salt: '1',
    program: { module: 'stages/some.ts' },
    code: { 'stages/some.ts': named('code') },
    packages: {},
    params,
    inputs: Object.fromEntries(Object.entries(reads).map(([input, name]) => [input, named(name)])),
    outputs: Object.fromEntries(Object.keys(makes).map((output) => [output, 'dataset' as const])),
    env: {},
    runtime: { node: '20', platform: 'linux', arch: 'x64', compute: null },
  };
}

export function runStart(more: Partial<RunStart> = {}): RunStart {
  return {
    startedAtMs: 1_700_000_000_000,
    argv: ['run'],
    profile: null,
    overrides: [],
    pipelineDigest: named('pipeline'),
    git: null,
    user: 'ada',
    host: 'here',
    assayVersion: '0.1.0',
    ...more,
  };
}

export function executionStart(action: Action, more: Partial<ExecutionStart> & { runId: number }): ExecutionStart {
  const instance = more.instance ?? 'some';
  return {
    instance,
    stage: instance.replace(/\[.*/, ''),
    attempt: 1,
    key: actionKey(action),
    action,
    startedAtMs: 1_700_000_000_000,
    pid: process.pid,
    ...more,
  };
}

export function executionEnd(more: Partial<ExecutionEnd> = {}): ExecutionEnd {
  const end = { status: 'ok', endedAtMs: 1_700_000_000_005, exitCode: 0, signal: null } as const;
  return { ...end, peakMemoryBytes: null, logDigest: null, ...more };
}

export function commitOf(executionId: number, { reads = {}, makes }: Work, end: Partial<ExecutionEnd> = {}): Commit {
  return {
    executionId,
    end: executionEnd(end),
    inputs: Object.entries(reads).map(([name, of]) => ({ name, label: null, artifact: named(of) })),
    outputs: Object.entries(makes).map(([name, of]) => ({ name, kind: 'dataset', artifact: artifact(of) })),
    metrics: [],
    expectations: [],
  };
}

export function outcomeOf(instance: string, more: Partial<StageOutcome> = {}): StageOutcome {
  return {
    instance,
    stage: instance.replace(/\[.*/, ''),
    outcome: 'ran',
    key: null,
    reasons: [],
    executionId: null,
    outputs: {},
    durationMs: 5,
    ...more,
  };
}

/** Starts `source`, a TypeScript module that may import './rig.ts' and '../../lib/…', in a Node process of its own. */
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
