/** Temporary projects of small programs, and the real command line run in them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { afterAll } from 'vitest';
import { builtAssay } from '../support/built-assay.ts';

/** A stage in plain JavaScript: writes the texts of its inputs, its params and `edition` into each output. */
export const JOIN_STAGE = `
import { readFileSync, writeFileSync } from 'node:fs';
const context = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
const read = (input) => (input.members ?? [input]).map(({ path }) => readFileSync(path, 'utf8')).join('');
const text = Object.values(context.inputs).map(read).join('') + JSON.stringify(context.params) + '\\n';
for (const output of Object.values(context.outputs)) writeFileSync(output.path, text);
console.log('joined ' + text.split('\\n').length + ' lines');
`;

export const CHAIN = `version: 1
params:
  seed: 1
  attack: { count: 600 }
stages:
  fetch:
    program: stages/join.js
    params: [seed]
    outputs: { data: file }
  poison:
    program: stages/join.js
    params: [attack.count]
    inputs: { data: fetch.data }
    outputs: { data: file }
  evaluate:
    command: [node, stages/score.mjs, "{inputs.clean}", "{inputs.poison}", "{outputs.metrics}", "{outputs.table}"]
    files: [stages/score.mjs]
    inputs: { clean: fetch.data, poison: poison.data }
    outputs: { metrics: metrics, table: file }
show: [evaluate.table]
`;

const SCORE_PROGRAM = `
import { readFileSync, writeFileSync } from 'node:fs';
const [clean, poison, metrics, table] = process.argv.slice(2);
const count = Number(/count":(\\d+)/.exec(readFileSync(poison, 'utf8'))[1]);
writeFileSync(metrics, JSON.stringify({ accuracy: 1 - count / 10000, confusion: { a: count } }));
writeFileSync(table, 'accuracy ' + (1 - count / 10000) + '\\n');
`;

export const CHAIN_FILES = {
  'pipeline.yaml': CHAIN,
  'stages/join.js': JOIN_STAGE,
  'stages/score.mjs': SCORE_PROGRAM,
};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AssayOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export class Project {
  readonly root: string;
  /** Where its keys are made; beside it, as a user's are. */
  readonly keys: string;

  constructor(files: Readonly<Record<string, string>>) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'assay-cli-')));
    this.keys = `${this.root}-keys`;
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Starts `assay` and does not wait for it. */
  start(args: readonly string[], options: AssayOptions = {}): ChildProcess {
    return spawn(process.execPath, [builtAssay(), ...args], {
      cwd: options.cwd ?? this.root,
      env: { PATH: process.env.PATH, HOME: this.root, ASSAY_KEYS: this.keys, TZ: 'UTC', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Runs `assay` to its end. Output comes with the project's path, moments and durations replaced by words. */
  async assay(args: readonly string[], options: AssayOptions = {}): Promise<Ended> {
    return this.ended(this.start(args, options));
  }

  async ended(child: ChildProcess): Promise<Ended> {
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: this.normalise(stdout()), stderr: this.normalise(stderr()) };
  }

  /** What differs from run to run becomes a word; blanks beside it, which align columns, become two. */
  normalise(text: string): string {
    return text
      .replaceAll(this.root, '<project>')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<moment>')
      .replaceAll(
        /\b\d+(\.\d+)? (ms|s)\b( {2,})?/g,
        (_, __, ___, gap?: string) => `<time>${gap === undefined ? '' : '  '}`,
      )
      .replaceAll(/ {2,}(?=<time>)/g, '  ');
  }
}

const projects: Project[] = [];

/** Removed when the test file is done. */
export function makeProject(files: Readonly<Record<string, string>> = CHAIN_FILES): Project {
  const project = new Project(files);
  projects.push(project);
  return project;
}

afterAll(() => {
  for (const { root, keys } of projects) {
    for (const folder of [root, keys]) rmSync(folder, { recursive: true, force: true });
  }
});

/** For a whole-output snapshot: exit code, stdout, stderr. */
export function transcript({ code, stdout, stderr }: Ended): string {
  return `\nexit ${code}\n--- stdout\n${stdout}--- stderr\n${stderr}`;
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const pieces: Buffer[] = [];
  stream?.on('data', (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces).toString('utf8');
}
