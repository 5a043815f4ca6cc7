/** Stage instances, digests and terminals for rendering tests. */
import { digestBytes, type Digest } from '../../lib/base/digest.ts';
import { noColors } from '../../lib/report/colors.ts';
import type { Action } from '../../lib/model/action.ts';
import type { StageInput, StageInstance } from '../../lib/model/stage.ts';
import type { Terminal, TextSink } from '../../lib/report/reporter.ts';
import type { StageOutcome } from '../../lib/model/run.ts';

const LOCATION = { file: 'pipeline.yaml', line: 1, column: 1, length: 1 };

export function digest(text: string): Digest {
  return digestBytes(text);
}

/** `reads`: `fetch.data` each; the input is named as the output. */
export function instance(
  id: string,
  reads: readonly string[] = [],
  outputs: StageInstance['outputs'] = { data: 'file' },
): StageInstance {
  const inputs: Record<string, StageInput> = {};
  for (const read of reads) {
    const dot = read.lastIndexOf('.');
    const [from, output] = [read.slice(0, dot), read.slice(dot + 1)];
    inputs[`${from}-${output}`] = { kind: 'output', instance: from, output, location: LOCATION };
  }
  return {
    stage: id.replace(/\[.*/, ''),
    id,
    coordinates: {},
    program: { kind: 'shell', line: 'true', location: LOCATION },
    params: {},
    unkeyed: {},
    inputs,
    outputs,
    files: [],
    env: [],
    resources: { cpus: 1, memoryMb: 0, gpus: 0 },
    timeoutMs: null,
    retries: 0,
    expect: {},
    location: LOCATION,
  };
}

export const ACTION: Action = {
  schema: 'action/v1',
  salt: '1',
  program: { shell: 'true' },
  code: {},
  packages: {},
  params: {},
  inputs: {},
  outputs: {},
  env: {},
  runtime: { node: 'v20', platform: 'linux', arch: 'x64', compute: null },
};

export function outcome(id: string, rest: Partial<StageOutcome> = {}): StageOutcome {
  return {
    instance: id,
    stage: id.replace(/\[.*/, ''),
    outcome: 'cached',
    key: digest(id),
    reasons: [],
    executionId: 1,
    outputs: { data: digest(`${id}.data`) },
    durationMs: 0,
    ...rest,
  };
}

/** A terminal that remembers what was written to it. */
export function recordingTerminal(): Terminal & { readonly stdout: () => string; readonly stderr: () => string } {
  const out: string[] = [];
  const err: string[] = [];
  return { out: sink(out), err: sink(err), stdout: () => out.join(''), stderr: () => err.join('') };
}

function sink(written: string[]): TextSink {
  const write = (bytes: string | Uint8Array): void => {
    written.push(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'));
  };
  return { isTerminal: false, columns: 80, colors: noColors, write, line: (text) => write(`${text}\n`) };
}
