/** Small actions, runs, executions and commits. */
import { digestBytes, type Digest } from '../../lib/base/digest.ts';
import type { Commit } from '../../lib/lineage/recorder.ts';
import { actionKey, type Action } from '../../lib/model/action.ts';
import type { Artifact } from '../../lib/model/artifact.ts';
import type { ExecutionEnd, ExecutionStart, RunStart, StageOutcome } from '../../lib/model/run.ts';

/** Inputs and outputs by the names that tests give to artifacts. */
export interface Work {
  readonly reads?: Readonly<Record<string, string>>;
  readonly makes: Readonly<Record<string, string>>;
  readonly params?: Action['params'];
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
    inputs: Object.entries(reads).map(([name, of]) => ({ name, label: null, artifact: named(of), path: null })),
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
