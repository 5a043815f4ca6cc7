/**
 * How planning grows with the number of stage instances: a matrix stage and its fan-out, all cached, with a closure of 30 files and
 * 60 packages. The lineage is real; the store says that every artifact is sound, so that planning alone is measured.
 *
 *     npx esbuild bench/plan-scale.ts --bundle --platform=node --format=esm --packages=external --outfile=artifacts/plan-scale.mjs
 *     node artifacts/plan-scale.mjs 1000 10000 100000
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/base/clock.ts';
import { digestBytes } from '../lib/base/digest.ts';
import { Lineage } from '../lib/lineage/lineage.ts';
import type { RestorableResult } from '../lib/lineage/restore.ts';
import type { StageInstance } from '../lib/model/stage.ts';
import { Planner, type PlannerDeps } from '../lib/plan/planner.ts';
import { planPipeline } from '../lib/plan/plan-pipeline.ts';
import { pipelineOf } from '../test/support/pipelines.ts';

const FILES = 30;
const PACKAGES = 60;
const LOCATION = { file: 'pipeline.yaml', line: 1, column: 1, length: 1 };

const counts = process.argv.slice(2).map(Number);
for (const count of counts.length > 0 ? counts : [1000, 10_000]) await measure(count);

async function measure(count: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    writeProject(root);
    const open = (): Lineage => Lineage.open(join(root, 'artifacts/lineage.db'), { clock: systemClock });
    const empty = open();
    const instances = Array.from({ length: count }, (_, i) => makeInstance(i));
    const pipeline = pipelineOf(instances);
    const store = { findDamage: () => [], findBlobDamage: () => null };
    const depsWith = (lineage: Lineage): PlannerDeps => ({
      ...{ projectRoot: root, store, lineage, clock: systemClock, env: {}, pipeline, force: new Set<string>() },
    });
    const cold = await timed(() => planPipeline(instances, depsWith(empty)));
    empty.restoreResults(inChunks(await makeResults(instances, depsWith(empty)), 1000));
    // Closing empties the write-ahead log, as the end of a run does.
    empty.close();
    const lineage = open();
    const deps = depsWith(lineage);
    const warm = await timed(() => planPipeline(instances, deps));
    const cached = warm.value.steps.filter(({ verdict }) => verdict.state === 'cached').length;
    const memoryMb = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(`${count} instances: never run ${cold.time}, ${cached} cached ${warm.time}, ${memoryMb} MB resident`);
    lineage.close();
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Half of the instances read the other half. */
function makeInstance(i: number): StageInstance {
  const upstream = i - (i % 2);
  const reads = { kind: 'output', instance: `train[n=${upstream}]`, output: 'model', location: LOCATION } as const;
  return {
    stage: i % 2 === 0 ? 'train' : 'evaluate',
    id: i % 2 === 0 ? `train[n=${i}]` : `evaluate[n=${i}]`,
    coordinates: { n: i },
    program: { kind: 'module', path: 'stages/file-0.ts', location: LOCATION },
    params: { n: i, seed: 1, attack: { chosen: 7, count: 600, learningRate: 0.1 } },
    unkeyed: {},
    inputs: i % 2 === 0 ? {} : { model: reads },
    outputs: { model: 'model' },
    files: [],
    env: [],
    resources: { cpus: 1, memoryMb: 1, gpus: 0 },
    timeoutMs: null,
    retries: 0,
    expect: {},
    location: LOCATION,
  };
}

async function makeResults(instances: readonly StageInstance[], deps: PlannerDeps): Promise<RestorableResult[]> {
  const planner = new Planner(deps);
  await planner.prepare(instances);
  return instances.map((instance, i) => {
    const artifactOf = (id: string) => digestBytes(id);
    const verdict = planner.decide(instance, (reference) => artifactOf(reference.instance));
    if (verdict.state === 'undecided') throw new Error('every input is known');
    const artifact = { digest: artifactOf(instance.id), form: 'directory', sizeBytes: 1, fileCount: 1 } as const;
    const inputs = Object.entries(verdict.action.inputs).map(([name, input]) => ({
      name,
      label: null,
      artifact: input as ReturnType<typeof digestBytes>,
      path: null,
    }));
    const { action, key } = verdict;
    const record = { key, action, instance: instance.id, stage: instance.stage, startedAtMs: i, endedAtMs: i };
    const outputs = [{ name: 'model', kind: 'model', artifact } as const];
    return { record: { ...record, logDigest: null, inputs, outputs, metrics: [] }, recordDigest: digestBytes(`${i}`) };
  });
}

function* inChunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

function writeProject(root: string): void {
  mkdirSync(join(root, 'stages'));
  mkdirSync(join(root, 'node_modules'));
  for (let i = 0; i < FILES; i++) {
    const next = i + 1 < FILES ? `import './file-${i + 1}.ts';\n` : '';
    writeFileSync(join(root, `stages/file-${i}.ts`), `${next}import 'package-0';\n`);
  }
  const packages = Array.from({ length: PACKAGES }, (_, i) => {
    mkdirSync(join(root, `node_modules/package-${i}`));
    writeFileSync(join(root, `node_modules/package-${i}/package.json`), '{}');
    const integrity = `sha512-${Buffer.from(digestBytes(`${i}`)).toString('base64')}`;
    const entry = { version: `1.0.${i}`, integrity, dependencies: { [`package-${(i + 1) % PACKAGES}`]: '*' } };
    return [`node_modules/package-${i}`, entry];
  });
  const lock = { lockfileVersion: 3, packages: Object.fromEntries(packages) as object };
  writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify(lock));
}

/** Also in time of this process alone, which other programs on the machine do not stretch. */
async function timed<T>(work: () => Promise<T>): Promise<{ time: string; value: T }> {
  const start = systemClock.elapsedMs();
  const cpu = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  return {
    time: `${Math.round(systemClock.elapsedMs() - start)} ms (cpu ${Math.round((user + system) / 1000)})`,
    value,
  };
}
