/**
 * What lineage costs, in milliseconds by the clock and of processor time. Run:
 *   npx esbuild bench/lineage.ts --bundle --format=esm --platform=node --packages=external --outfile=dist/bench-lineage.mjs
 *   node dist/bench-lineage.mjs
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/base/clock.ts';
import { digestBytes, type Digest } from '../lib/base/digest.ts';
import { Lineage } from '../lib/lineage/lineage.ts';
import { rebuildLineage } from '../lib/lineage/rebuild.ts';
import { resultRecord } from '../lib/lineage/result-record.ts';
import type { Commit } from '../lib/lineage/recorder.ts';
import { actionKey, type Action } from '../lib/model/action.ts';
import type { ExecutionStart, StageOutcome } from '../lib/model/run.ts';
import type { FileStamp } from '../lib/model/stat-cache.ts';

const INSTANCES = Number(process.argv[2] ?? 100_000);
const LOOKUPS = 10_000;
const PATHS = 60_000;
const CHAIN = 2_000;

const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
const path = join(folder, 'lineage.db');
const open = () => Lineage.open(path, { clock: systemClock });

function measure<T>(what: string, work: () => T): T {
  const startMs = systemClock.elapsedMs();
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  const cells = [systemClock.elapsedMs() - startMs, (user + system) / 1_000].map((ms) => ms.toFixed(1).padStart(9));
  console.log(`${cells.join('')} ms  ${what}`);
  return value;
}

/** Instance i: reads the one clean dataset, or in a chain the output of the one before. */
function makeResult(chain: boolean, i: number): { start: ExecutionStart; commit: Commit; record: Buffer } {
  const reads = digestBytes(chain ? `link ${i}` : 'clean');
  const made = digestBytes(chain ? `link ${i + 1}` : `made ${i}`);
  const action: Action = {
    schema: 'action/v1',
    salt: '1',
    program: { module: 'stages/poison.ts' },
    code: Object.fromEntries(
      Array.from({ length: 8 }, (_, n) => [`stages/common/part-${n}.ts`, digestBytes(`code ${n}`)]),
    ),
    packages: { '@tensorflow/tfjs-core': '4.22.0 sha512-…' },
    params: { attack: { chosen: 7, count: i, iterations: 100, learningRate: 0.1 }, seed: 1 },
    inputs: { data: reads },
    outputs: { data: 'dataset' },
    env: {},
    runtime: { node: '20', platform: 'linux', arch: 'x64', compute: 'wasm@4.22.0/1' },
  };
  const instance = chain ? `link[n=${i}]` : `poison[count=${i}]`;
  const start = {
    runId: 1,
    instance,
    stage: 'poison',
    attempt: 1,
    key: actionKey(action),
    action,
    startedAtMs: 1e12 + i,
    pid: 1,
  };
  const end = {
    status: 'ok',
    endedAtMs: 1e12 + i,
    exitCode: 0,
    signal: null,
    peakMemoryBytes: 1e8,
    logDigest: null,
  } as const;
  const commit: Commit = {
    executionId: 0,
    end,
    inputs: [{ name: 'data', label: null, artifact: reads, path: null }],
    outputs: [
      { name: 'data', kind: 'dataset', artifact: { digest: made, form: 'directory', sizeBytes: 1e7, fileCount: 5 } },
    ],
    metrics: [{ output: 'data', metrics: [{ name: 'accuracy', value: i }] }],
    expectations: [],
  };
  return { start, commit, record: resultRecord(start, commit) };
}

function* records(chain: boolean, count: number): Generator<Buffer> {
  for (let i = 0; i < count; i++) yield makeResult(chain, i).record;
}

function stampOf(i: number): FileStamp {
  const ns = 1_699_999_999_123_456_789n + BigInt(i);
  return { dev: 64769, ino: 1_234_567 + i, sizeBytes: 3_000 + i, mtimeNs: ns, ctimeNs: ns };
}

measure('open: create the database', () => open().close());
const lineage = open();
measure(`rebuild: ${INSTANCES} results from their records`, () => rebuildLineage(lineage, records(false, INSTANCES)));
measure(`rebuild: a chain of ${CHAIN} results`, () => rebuildLineage(lineage, records(true, CHAIN)));

const keys: Digest[] = [];
for (let i = 0; i < LOOKUPS; i++) keys.push(makeResult(false, (i * 7919) % INSTANCES).start.key);
measure(`findResult: ${LOOKUPS} keys one by one`, () => keys.forEach((key) => lineage.findResult(key)));
measure(`findLatestAction: ${LOOKUPS} instances`, () => {
  for (let i = 0; i < LOOKUPS; i++) lineage.findLatestAction(`poison[count=${i % INSTANCES}]`);
});
measure('ancestorsOf: the end of the chain', () => lineage.ancestorsOf(digestBytes(`link ${CHAIN}`)).nodes.length);
measure('descendantsOf: the clean dataset', () => lineage.descendantsOf(digestBytes('clean')).nodes.length);
measure('producersOf, consumersOf: one artifact', () => [
  lineage.producersOf(digestBytes('made 7')),
  lineage.consumersOf(digestBytes('made 7')),
]);
measure('executionsOf: the last 20 of a stage', () => lineage.executionsOf('poison', 20).length);
measure('reachableDigests', () => lineage.reachableDigests().size);

const outcomes = Array.from({ length: INSTANCES }, (_, i): StageOutcome => {
  const outputs = { data: digestBytes(`made ${i}`) };
  const rest = { key: keys[i % LOOKUPS]!, reasons: [], executionId: 1, outputs, durationMs: 0 };
  return { instance: `poison[count=${i}]`, stage: 'poison', outcome: 'cached', ...rest };
});
measure(`recordOutcomes: ${INSTANCES} at once`, () => lineage.recordOutcomes(1, outcomes));
measure('recordOutcomes: 1,000 one by one', () =>
  outcomes.slice(0, 1_000).forEach((outcome) => lineage.recordOutcomes(1, [outcome])),
);

measure('start and commit: 200 executions, each durable', () => {
  for (let i = 0; i < 200; i++) {
    const { start, commit } = makeResult(false, INSTANCES + i);
    lineage.commitResult({ ...commit, executionId: lineage.startExecution(start) });
  }
});
measure('acquireLease and releaseLease: 200', () => {
  for (let i = 0; i < 200; i++) {
    lineage.acquireLease(keys[0]!, process.pid, 'poison');
    lineage.releaseLease(keys[0]!, process.pid);
  }
});

const paths = Array.from({ length: PATHS }, (_, i) => `/home/ada/experiment/data/images/${i % 10}/image-${i}.png`);
const stamps = paths.map((_, i) => stampOf(i));
measure(`stat cache: remember and flush ${PATHS} paths`, () => {
  paths.forEach((path, i) => lineage.statCache.remember(path, stamps[i]!, keys[0]!, 1_700_000_000_000));
  lineage.statCache.flush();
});
lineage.close();

const again = open();
for (const turn of ['first', 'second']) {
  measure(`stat cache: recall ${PATHS} paths, ${turn} time`, () => {
    let found = 0;
    paths.forEach((path, i) => (found += again.statCache.recall(path, stamps[i]!) === undefined ? 0 : 1));
    if (found !== PATHS) throw new Error(`recalled ${found}`);
  });
}
measure('stat cache: flush nothing', () => again.statCache.flush());
again.close();

measure('open the database and 20 queries, each of another kind', () => {
  const lineage = open();
  const [key] = keys;
  const made = digestBytes('made 7');
  lineage.findResult(key!);
  lineage.findAction(key!);
  lineage.hasRun(key!);
  lineage.findLatestAction('poison[count=7]');
  lineage.listRuns(10);
  lineage.findRun(1);
  lineage.executionsOf('poison[count=7]', 5);
  lineage.findExecution(7);
  lineage.markLost();
  lineage.findExpectation(key!);
  lineage.recallClosure('stages/poison.ts');
  lineage.producersOf(made);
  lineage.consumersOf(made);
  lineage.inputsOf(7);
  lineage.outputsOf(7);
  lineage.metricsOf(7);
  lineage.paramsOf(7);
  lineage.findArtifact(made);
  lineage.findArtifactByPrefix('00ff');
  lineage.ancestorsOf(made);
  lineage.close();
});
rmSync(folder, { recursive: true, force: true });
