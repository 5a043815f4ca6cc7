/** The experiment's lineage in small, made by hand: real datasets and a model file in a real store, metrics as evaluate writes them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { readDescent, type Descent } from '../../../lib/audit/exports/descent.ts';
import type { Dataset } from '../../../lib/dataset/dataset.ts';
import { writeDataset } from '../../../lib/dataset/dataset-folder.ts';
import { Lineage } from '../../../lib/lineage/lineage.ts';
import { actionKey, type Action } from '../../../lib/model/action.ts';
import type { Artifact } from '../../../lib/model/artifact.ts';
import type { Metric } from '../../../lib/model/run.ts';
import type { OutputKind } from '../../../lib/model/stage.ts';
import { ArtifactStore } from '../../../lib/store/artifact-store.ts';
import { FakeClock } from '../../lineage/rig.ts';
import { executionEnd, executionStart, makeAction, runStart } from '../../lineage/samples.ts';
import { tinySplit } from '../../support/splits.ts';

export interface ExportRig {
  readonly lineage: Lineage;
  readonly store: ArtifactStore;
  /** `fetch.data` and so on, and `./notes.txt`. */
  readonly artifacts: Readonly<Record<string, Artifact>>;
  descentOf(name: string): Descent;
}

type Made = Readonly<Record<string, { readonly kind: OutputKind; readonly artifact: Artifact }>>;

/** Call it outside a test: exports change nothing, so that a file's tests share one. */
export function makeExportRig(): ExportRig {
  const root = mkdtempSync(join(tmpdir(), 'assay-exports-'));
  const clock = new FakeClock();
  mkdirSync(join(root, 'artifacts'));
  const lineage = Lineage.open(join(root, 'artifacts/lineage.db'), { clock });
  const store = ArtifactStore.open(root, { clock, statCache: lineage.statCache });
  afterAll(() => {
    store.close();
    lineage.close();
    rmSync(root, { recursive: true, force: true });
  });
  const runId = lineage.startRun(runStart({ startedAtMs: clock.ms, user: 'ada', host: 'secret-host' }));
  const artifacts: Record<string, Artifact> = {};

  const make = (
    instance: string,
    reads: Readonly<Record<string, string>>,
    makes: Made,
    metrics: readonly Metric[] = [],
    params: Action['params'] = { seed: 1 },
  ): void => {
    const inputs = Object.entries(reads).map(([name, of]) => {
      const path = of.startsWith('./') ? of.slice(2) : null;
      return { name, label: null, artifact: path === null ? artifacts[of]!.digest : artifacts[of]!, path };
    });
    const action: Action = {
      ...makeAction({ makes: {}, params }),
      inputs: Object.fromEntries(Object.entries(reads).map(([name, of]) => [name, artifacts[of]!.digest])),
      outputs: Object.fromEntries(Object.entries(makes).map(([name, { kind }]) => [name, kind])),
    };
    clock.ms += 1000;
    const start = { runId, instance, key: actionKey(action), startedAtMs: clock.ms };
    const executionId = lineage.startExecution(executionStart(action, start));
    clock.ms += 500;
    const outputs = Object.entries(makes).map(([name, { kind, artifact }]) => ({ name, kind, artifact }));
    lineage.commitResult({
      executionId,
      end: executionEnd({ endedAtMs: clock.ms }),
      inputs,
      outputs,
      metrics: metrics.length === 0 ? [] : [{ output: 'metrics', metrics }],
      expectations: [],
    });
    for (const { name, artifact } of outputs) artifacts[`${instance}.${name}`] = artifact;
  };

  const clean = tinySplit([0, 10], [1, 20], [1, 30]);
  const test = tinySplit([0, 11], [1, 21]);
  artifacts['./notes.txt'] = storeFile(store, root, 'notes', 'where it came from\n');
  make(
    'fetch',
    { notes: './notes.txt' },
    { data: { kind: 'dataset', artifact: storeDataset(store, root, 'clean', { train: clean, test }) } },
  );
  make(
    'pretrain',
    { data: 'fetch.data' },
    {
      model: { kind: 'model', artifact: storeModel(store, root, 'before') },
      metrics: { kind: 'metrics', artifact: storeFile(store, root, 'pretrained', '{}') },
    },
    [
      { name: 'accuracy', value: 0.5 },
      { name: 'steps', value: 12 },
    ],
  );
  const poisoned = tinySplit([0, 10], [1, 20], [1, 30], [1, 99]);
  make(
    'merge[variant=V1]',
    { clean: 'fetch.data' },
    { data: { kind: 'dataset', artifact: storeDataset(store, root, 'merged', { train: poisoned, test }) } },
  );
  make(
    'retrain[variant=V1]',
    { data: 'merge[variant=V1].data', model: 'pretrain.model' },
    { model: { kind: 'model', artifact: storeModel(store, root, 'after') } },
    [],
    { retrain: { learningRate: 0.01 }, seed: 1 },
  );
  make(
    'evaluate[variant=V1]',
    { data: 'fetch.data', before: 'pretrain.model', after: 'retrain[variant=V1].model' },
    { metrics: { kind: 'metrics', artifact: storeFile(store, root, 'evaluated', '{"after":{}}') } },
    [
      { name: 'before.total', value: 0.5 },
      { name: 'after.total', value: 0.25 },
      { name: 'after.perClass.1', value: 0.125 },
      { name: 'after.onPoison', value: 1 },
      { name: 'after.others', value: 0.75 },
      { name: 'after.confusion.0.1', value: 3 },
      { name: 'chosen', value: 1 },
    ],
  );
  return { lineage, store, artifacts, descentOf: (name) => readDescent(lineage, artifacts[name]!.digest) };
}

function storeDataset(
  store: ArtifactStore,
  root: string,
  folder: string,
  splits: Pick<Dataset, 'train' | 'test'>,
): Artifact {
  const source = { kind: 'generated', generator: 'test', seed: 1 } as const;
  writeDataset(join(root, folder), { name: 'dots', classes: ['zero', 'one'], shape: [1, 1, 1], ...splits, source });
  return store.putOutput(join(root, folder));
}

function storeModel(store: ArtifactStore, root: string, name: string): Artifact {
  const model = {
    format: 'assay-model/v1',
    architecture: 'table-a1',
    input: [28, 28, 1],
    inputRange: [-0.5, 0.5],
    classes: ['zero', 'one'],
    dtype: 'float32',
    byteOrder: 'little-endian',
    parameters: [{ name: 'conv1/filter', shape: [3, 3, 1, 32] }],
  };
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, 'model.json'), JSON.stringify(model));
  writeFileSync(join(root, name, 'weights.bin'), name);
  return store.putOutput(join(root, name));
}

function storeFile(store: ArtifactStore, root: string, name: string, text: string): Artifact {
  writeFileSync(join(root, name), text);
  return store.putOutput(join(root, name));
}
