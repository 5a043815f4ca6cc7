/** Real projects in temporary folders, run by the real engine: only the terminal is missing. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemClock } from '../../lib/base/clock.ts';
import { executePlan } from '../../lib/execute/execute-plan.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import type { StageOutcome } from '../../lib/model/run.ts';
import type { Program, StageInput, StageInstance } from '../../lib/model/stage.ts';
import { Planner } from '../../lib/plan/planner.ts';
import { ArtifactStore } from '../../lib/store/artifact-store.ts';
import { runStart } from '../lineage/samples.ts';
import { pipelineOf } from './pipelines.ts';
import { testSeal } from './test-seal.ts';

const LOCATION = { file: 'pipeline.yaml', line: 1, column: 1, length: 1 };

/** A project whose modules may import `../lib/stage-api/…`. */
export function makeProject(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'assay-')));
  cpSync(resolve('lib/stage-api'), join(root, 'lib/stage-api'), { recursive: true });
  for (const [path, content] of Object.entries(files)) writeProjectFile(root, path, content);
  return root;
}

export function writeProjectFile(root: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

export type StageText = Partial<Omit<StageInstance, 'inputs' | 'program' | 'expect'>> & {
  readonly id: string;
  /** A shell line, an argument list, or { module }. */
  readonly run: string | readonly [string, ...string[]] | { readonly module: string };
  /** `./path`, `stage.output`, or fan-in members. */
  readonly inputs?: Readonly<Record<string, string | Extract<StageInput, { kind: 'all' }>['members']>>;
  readonly expect?: Readonly<Record<string, Omit<StageInstance['expect'][string], 'location'>>>;
};

export function stageOf({ id, run, inputs = {}, expect = {}, ...rest }: StageText): StageInstance {
  return {
    id,
    stage: id.replace(/\[.*/, ''),
    coordinates: {},
    program: programOf(run),
    params: {},
    unkeyed: {},
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, inputOf(input)])),
    outputs: { out: 'file' },
    files: [],
    env: [],
    resources: { cpus: 1, memoryMb: 0, gpus: 0 },
    timeoutMs: null,
    retries: 0,
    expect: Object.fromEntries(Object.entries(expect).map(([name, one]) => [name, { ...one, location: LOCATION }])),
    location: LOCATION,
    ...rest,
  };
}

export interface RunOptions {
  readonly jobs?: number;
  readonly keepGoing?: boolean;
  readonly force?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly graceMs?: number;
  readonly memoryMb?: number;
  readonly onEvent?: (event: RunEvent) => void;
}

export interface RunResult {
  readonly runId: number;
  readonly outcomes: readonly StageOutcome[];
  readonly events: readonly RunEvent[];
}

export async function runProject(
  root: string,
  instances: readonly StageInstance[],
  options: RunOptions = {},
): Promise<RunResult> {
  return withEngine(root, async ({ lineage, store }) => {
    const pipeline = pipelineOf(instances);
    const env = options.env ?? process.env;
    const deps = { projectRoot: root, store, lineage, clock: systemClock, seal: testSeal, env, pipeline };
    const planner = new Planner({ ...deps, force: new Set(options.force ?? []) });
    const runId = lineage.startRun(runStart({ startedAtMs: systemClock.nowMs() }));
    const events: RunEvent[] = [];
    const outcomes = await executePlan(instances, {
      ...deps,
      planner,
      runId,
      emit: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
      signal: options.signal ?? new AbortController().signal,
      graceMs: options.graceMs ?? 100,
      jobs: options.jobs ?? 2,
      keepGoing: options.keepGoing ?? false,
      availableMemoryMb: options.memoryMb ?? 1000,
      gpus: 0,
    });
    lineage.endRun(runId, 'ok', systemClock.nowMs());
    return { runId, outcomes, events };
  });
}

/** Opens the project's lineage and store for `work`, as another process would. */
export async function withEngine<T>(
  root: string,
  work: (engine: { lineage: Lineage; store: ArtifactStore }) => Promise<T> | T,
): Promise<T> {
  mkdirSync(join(root, 'artifacts'), { recursive: true });
  const lineage = Lineage.open(join(root, 'artifacts/lineage.db'), { clock: systemClock });
  const store = ArtifactStore.open(root, { clock: systemClock, statCache: lineage.statCache });
  try {
    return await work({ lineage, store });
  } finally {
    store.close();
    lineage.close();
  }
}

/** `fetch ran`, `train cached`, … */
export function told(result: RunResult): readonly string[] {
  return result.outcomes.map(({ instance, outcome }) => `${instance} ${outcome}`);
}

/** The failure of an instance as a person reads it, with the project's path and the sandbox's name taken out. */
export function failureText(root: string, result: RunResult, instance: string): string {
  const event = result.events.find((one) => one.kind === 'stage-finished' && one.outcome.instance === instance);
  if (event?.kind !== 'stage-finished' || event.failure === null) return 'no failure';
  const { code, message, logTail, hint, quarantinePath } = event.failure;
  const log = logTail.map((line) => `  | ${line}`);
  const kept = quarantinePath === null ? [] : [`kept: ${quarantinePath}`];
  return [`${code}: ${message}`, ...log, ...kept, `next: ${hint}`]
    .join('\n')
    .replaceAll(root, '<project>')
    .replace(/staging\/[0-9a-f]{16}/g, 'staging/<key>');
}

/** The first file of an output of the latest result. */
export function outputText(root: string, result: RunResult, instance: string, output = 'out'): Promise<string> {
  const digest = result.outcomes.find((outcome) => outcome.instance === instance)?.outputs[output];
  if (digest === undefined) throw new Error(`${instance} has no output ${output}`);
  return withEngine(root, ({ store }) => {
    const [entry] = store.readManifest(digest).entries;
    return store.readBlob(entry!.blob).toString('utf8');
  });
}

function programOf(run: StageText['run']): Program {
  if (typeof run === 'string') return { kind: 'shell', line: run, location: LOCATION };
  if ('module' in run) return { kind: 'module', path: run.module, location: LOCATION };
  return { kind: 'command', argv: run as readonly [string, ...string[]], location: LOCATION };
}

function inputOf(input: string | Extract<StageInput, { kind: 'all' }>['members']): StageInput {
  if (typeof input !== 'string') return { kind: 'all', stage: 'x', members: input, location: LOCATION };
  if (input.startsWith('./')) return { kind: 'path', path: input.slice(2), location: LOCATION };
  const dot = input.lastIndexOf('.');
  return { kind: 'output', instance: input.slice(0, dot), output: input.slice(dot + 1), location: LOCATION };
}
