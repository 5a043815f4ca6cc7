/**
 * The project that every attempt on the store starts from: clean data, poison, both merged, a model, its metrics, and many small files
 * in a pack. It is run once; each attempt gets a copy of its own.
 */
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join, relative, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { digestBytes, digestHex, type Digest } from '../../lib/base/digest.ts';
import { writeDataset } from '../../lib/dataset/dataset-folder.ts';
import type { Dataset } from '../../lib/dataset/dataset.ts';
import type { Split } from '../../lib/dataset/split.ts';
import { makeProject, type AssayOptions, type Ended, type Project } from '../cli/rig.ts';
import { builtAssay } from '../support/built-assay.ts';
import { fileAppears } from '../support/wait-for-file.ts';
import { datasetOf, records } from './record-scene.ts';

export const CLEAN = records(0, 20);
export const CLEAN_TEST = records(100, 8);
export const POISON_RECORDS = records(200, 4, 3);

export const PIPELINE = `version: 1
params: { seed: 1, scale: 1 }
stages:
  fetch:
    shell: 'cp {inputs.from}/* {outputs.data}/'
    inputs: { from: ./data/clean }
    outputs: { data: dataset }
  poison:
    shell: 'cp {inputs.from}/* {outputs.data}/'
    inputs: { from: ./data/poison, seen: fetch.data }
    outputs: { data: dataset }
  merge:
    program: stages/merge.ts
    inputs: { clean: fetch.data, poison: poison.data }
    outputs: { data: dataset }
    expect: { data: { against: clean, added: 4, removed: 0, changed: 0 } }
  train:
    shell: 'sh stages/train.sh {inputs.data} {outputs.model}'
    files: [stages/train.sh]
    params: [seed]
    inputs: { data: merge.data }
    outputs: { model: model }
  evaluate:
    command: [node, stages/evaluate.mjs, '{inputs.model}', '{inputs.data}', '{outputs.metrics}']
    files: [stages/evaluate.mjs]
    params: [scale]
    inputs: { model: train.model, data: fetch.data }
    outputs: { metrics: metrics }
  scatter:
    shell: 'for i in $(seq 100 399); do echo part $i > {outputs.parts}/$i.txt; done'
    outputs: { parts: directory }
`;

const MERGE = `import { readFileSync } from 'node:fs';
import { readDataset, writeDataset } from '../lib/dataset/dataset-folder.ts';
import { joinSplits } from '../lib/dataset/split.ts';
const { inputs, outputs } = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT ?? '', 'utf8'));
const [clean, poison] = [readDataset(inputs.clean.path), readDataset(inputs.poison.path)];
if (clean.train === null || poison.train === null) throw new Error('no training records');
const source = { kind: 'derived' as const, operation: 'append', parents: [inputs.clean.artifact, inputs.poison.artifact] };
writeDataset(outputs.data.path, { ...clean, train: joinSplits(clean.train, poison.train), source });
`;
const TRAIN = `cat "$1"/train-images.idx "$1"/train-labels.idx | sha256sum > "$2/weights.bin"\n`;
const EVALUATE = `import { readFileSync, writeFileSync } from 'node:fs';
const [model, data, out] = process.argv.slice(2);
const seen = readFileSync(model + '/weights.bin', 'utf8').length + readFileSync(data + '/test-labels.idx').length;
writeFileSync(out, JSON.stringify({ accuracy: 1 / seen }));
`;

/** Outputs whose content must never be other than it was, whatever was tried. */
const OUTPUTS = ['fetch.data', 'poison.data', 'merge.data', 'train.model', 'evaluate.metrics', 'scatter.parts'];

let prepared: Promise<Project> | undefined;

function prepare(): Promise<Project> {
  return (prepared ??= (async () => {
    const project = makeProject({
      'pipeline.yaml': PIPELINE,
      'stages/merge.ts': MERGE,
      'stages/train.sh': TRAIN,
      'stages/evaluate.mjs': EVALUATE,
    });
    writeDataset(join(project.root, 'data/clean'), dataset(CLEAN, CLEAN_TEST));
    writeDataset(join(project.root, 'data/poison'), dataset(POISON_RECORDS, null));
    // The program reads and writes datasets as stages of the built-in pipeline do.
    for (const folder of ['lib/base', 'lib/dataset']) cpSync(folder, join(project.root, folder), { recursive: true });
    symlinkSync(resolve('node_modules'), join(project.root, 'node_modules'));
    const { code, stderr } = await project.assay(['run']);
    if (code !== 0) throw new Error(`the scene does not run: ${stderr}`);
    return project;
  })());
}

function dataset(train: Split, test: Split | null): Dataset {
  return datasetOf(train, test);
}

export class StoreScene {
  readonly project: Project;

  private constructor(project: Project) {
    this.project = project;
  }

  static async make(): Promise<StoreScene> {
    const original = await prepare();
    const project = makeProject({});
    cpSync(original.root, project.root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    cpSync(original.keys, project.keys, { recursive: true });
    return new StoreScene(project);
  }

  assay(args: readonly string[], options?: AssayOptions): Promise<Ended> {
    return this.project.assay(args, options);
  }

  /** As another user, who can read what is here and no more. */
  assayAs(user: { readonly uid: number; readonly gid: number }, args: readonly string[]): Promise<Ended> {
    const { root } = this.project;
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', TZ: 'UTC' };
    const options = { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[], ...user };
    return this.project.ended(spawn(process.execPath, [builtAssay(), ...args], options));
  }

  path(path: string): string {
    return join(this.project.root, path);
  }

  // The database, as someone with a SQLite shell has it

  sql<T>(use: (database: Database.Database) => T): T {
    const database = new Database(this.path('artifacts/lineage.db'));
    database.pragma('foreign_keys = OFF');
    try {
      return use(database);
    } finally {
      database.close();
    }
  }

  execute(sql: string, ...values: unknown[]): void {
    this.sql((database) => database.prepare(sql).run(...values));
  }

  one<T = string>(sql: string, ...values: unknown[]): T {
    return this.sql(
      (database) =>
        database
          .prepare(sql)
          .pluck()
          .get(...values) as T,
    );
  }

  // The store

  artifact(output: string): Digest {
    const [instance, name] = output.split('.');
    return this.one<Digest>(
      `SELECT artifact FROM execution_output JOIN execution ON id = execution_id WHERE instance = ? AND name = ?`,
      ...[instance, name],
    );
  }

  blobFile(digest: string): string {
    const hex = digestHex(digest as Digest);
    return this.path(`artifacts/objects/${hex.slice(0, 2)}/${hex.slice(2)}`);
  }

  manifest(output: string): { form: string; entries: { path: string; blob: Digest; sizeBytes: number }[] } {
    return JSON.parse(readFileSync(this.blobFile(this.artifact(output)), 'utf8').slice('manifest/v1\0'.length));
  }

  /** The stored file of one file of an output. */
  storedFile(output: string, path: string): string {
    const entry = this.manifest(output).entries.find((each) => each.path === path);
    return this.blobFile(entry!.blob);
  }

  pack(): string {
    const [name] = readdirSync(this.path('artifacts/packs'));
    return this.path(`artifacts/packs/${name}`);
  }

  /** Stores bytes under their own digest, as Assay would. */
  store(bytes: Uint8Array | string): Digest {
    const digest = digestBytes(bytes);
    mkdirSync(dirname(this.blobFile(digest)), { recursive: true });
    writeFileSync(this.blobFile(digest), bytes, { mode: 0o444 });
    return digest;
  }

  /** Makes another artifact the output of an instance, in every table. */
  replaceOutput(output: string, artifact: Digest): void {
    const before = this.artifact(output);
    this.execute(
      'INSERT OR IGNORE INTO artifact SELECT ?, form, size_bytes, file_count FROM artifact WHERE digest = ?',
      artifact,
      before,
    );
    this.execute('UPDATE execution_output SET artifact = ? WHERE artifact = ?', artifact, before);
    this.execute('UPDATE outcome SET outputs = replace(outputs, ?, ?)', before, artifact);
  }

  /** An edit that leaves mode and both times as they were. */
  edit(file: string, change: (bytes: Buffer) => Buffer | void): void {
    const { mode, atime, mtime } = lstatSync(file);
    const bytes = readFileSync(file);
    const changed = change(bytes) ?? bytes;
    chmodSync(file, 0o644);
    writeFileSync(file, changed);
    chmodSync(file, mode);
    utimesSync(file, atime, mtime);
  }

  /** Rows that make the stat cache take a file for what it was. */
  forgeStatCache(file: string, digest: string): void {
    const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true });
    const values = [file, Number(dev), Number(ino), size, mtimeNs, ctimeNs, digest, ctimeNs / 1_000_000n + 60_000n];
    this.execute('INSERT OR REPLACE INTO stat_cache VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values);
  }

  // While a stage runs

  /** Runs the pipeline with a training that waits; calls `change` while it does. */
  duringTraining(change: () => void): Promise<Ended> {
    this.writeWaiting('stages/train.sh', (wait) => wait + TRAIN);
    return this.#during('train', change);
  }

  /** The same with the fetch. */
  duringFetch(change: () => void): Promise<Ended> {
    this.writeWaiting('pipeline.yaml', (wait) => PIPELINE.replace("'cp ", `'${wait.trim()} cp `));
    return this.#during('fetch', change);
  }

  private writeWaiting(file: string, textOf: (wait: string) => string): void {
    const [started, go] = [this.path('started'), this.path('go')];
    writeFileSync(this.path(file), textOf(`: > ${started}; while [ ! -e ${go} ]; do sleep 0.05; done;\n`));
  }

  async #during(stage: string, change: () => void): Promise<Ended> {
    const ended = this.project.ended(this.project.start(['run', stage]));
    await Promise.race([fileAppears(this.path('started')), ended]);
    change();
    writeFileSync(this.path('go'), '');
    return ended;
  }

  // What is served

  /** The files of an output as `assay export` gives them, by output and path; none when it refuses. */
  async exported(output: string, options: readonly string[] = []): Promise<Record<string, string>> {
    const target = this.path(`exported-${output}`);
    const { code } = await this.assay(['export', output, target, ...options]);
    if (code !== 0) return {};
    return Object.fromEntries(filesBelow(target).map(([path, digest]) => [`${output} ${path}`, digest]));
  }
}

/** The report of an attempt names what was tried, and its exit code tells a script. */
export function expectCaught(row: { readonly finding: string; readonly exitCode: number }, report: Ended): void {
  expect(report.stdout + report.stderr).toContain(row.finding);
  expect(report.code).toBe(row.exitCode);
}

/** What the outputs are when nothing was tried. */
export async function truth(): Promise<Record<string, string>> {
  const scene = await StoreScene.make();
  return Object.fromEntries(
    OUTPUTS.flatMap((output) =>
      scene.manifest(output).entries.map(({ path, blob }) => [`${output} ${path}`, blob as string] as const),
    ),
  );
}

function filesBelow(root: string): [string, string][] {
  if (lstatSync(root).isFile()) return [['.', digestBytes(readFileSync(root))]];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, name))
    .filter((file) => lstatSync(file).isFile())
    .map((file) => [relative(root, file), digestBytes(readFileSync(file))]);
}
