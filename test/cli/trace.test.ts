/** `assay taint` and `assay origins` through the real command line, on a project of datasets, a model and its metrics. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../lib/base/digest.ts';
import { recordDigests } from '../../lib/dataset/record-digest.ts';
import { CLEAN, CLEAN_TEST, POISON_RECORDS, StoreScene } from '../red-team/store-scene.ts';
import type { Split } from '../../lib/dataset/split.ts';
import { makeProject, transcript } from './rig.ts';

/** Manifests of models hold digests of what the shell prints; only their short forms differ between machines. */
async function ask(scene: StoreScene, ...args: string[]): Promise<string> {
  return transcript(await scene.assay(args)).replaceAll(/\b[0-9a-f]{12}\b/g, '<digest>');
}

const hexOf = (split: Split, index: number): string =>
  Buffer.from(recordDigests(split).subarray(32 * index, 32 * (index + 1))).toString('hex');

describe('assay taint', () => {
  it('lists all that was made from an artifact, by kind and by steps', async () => {
    const scene = await StoreScene.make();
    expect(await ask(scene, 'taint', 'poison.data')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      poison.data  <digest>  current

      datasets
        merge.data  <digest>  1 step  run 1, execution 4  current

      models
        train.model  <digest>  2 steps  run 1, execution 5  current

      metrics
        evaluate.metrics  <digest>  3 steps  run 1, execution 6  current

      1 dataset, 1 model and 1 metrics derived from it
      --- stderr
      "
    `);
    const { artifact, derived } = JSON.parse((await scene.assay(['taint', 'poison.data', '--json'])).stdout);
    expect(artifact).toMatchObject({ name: 'poison.data', kind: 'dataset', isStored: true, isCurrent: true });
    expect(derived.map(({ name, kind, steps }: Record<string, unknown>) => [name, kind, steps])).toEqual([
      ['merge.data', 'dataset', 1],
      ['train.model', 'model', 2],
      ['evaluate.metrics', 'metrics', 3],
    ]);
    expect(await ask(scene, 'taint', 'evaluate.metrics')).toContain('nothing was made from it');
  });

  it('names the datasets that hold a record and the models that read it among training records', async () => {
    const scene = await StoreScene.make();
    expect(await ask(scene, 'taint', 'train:21', 'merge.data')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      record 54433433d82677ace6c101b824278a92d2b3989267e4c09d3d5c42ca0f153b28

      in 2 datasets of 3 searched
        merge.data   <digest>  train 21  label 3 (3)  current
        poison.data  <digest>  train 1   label 3 (3)  current

      1 model made by a program that read it among training records
        train.model  <digest>  run 1, execution 5  data: merge.data  current

      besides, 1 metrics made from these datasets: assay taint <dataset>

      Lineage knows which datasets a program read, not which of their records it used.
      --- stderr
      "
    `);
    const byDigest = await scene.assay(['taint', hexOf(POISON_RECORDS, 1).slice(0, 16), '--json']);
    const { heldBy, models } = JSON.parse(byDigest.stdout);
    expect(heldBy.map(({ name, split, indexes }: Record<string, unknown>) => [name, split, indexes])).toContainEqual([
      'merge.data',
      'train',
      [21],
    ]);
    expect(models).toMatchObject([
      {
        name: 'train.model',
        exposure: 'train',
        readings: [{ instance: 'train', input: 'data', datasetName: 'merge.data', split: 'train', indexes: [21] }],
      },
    ]);
  });

  it('tells a test record, which the model only passed by, from a training record', async () => {
    const scene = await StoreScene.make();
    const { models } = JSON.parse((await scene.assay(['taint', hexOf(CLEAN_TEST, 2), '--json'])).stdout);
    expect(models).toMatchObject([{ name: 'train.model', exposure: 'test' }]);
  });

  it('says of a dataset that is not whole in the store that it was not searched', async () => {
    const scene = await StoreScene.make();
    rmSync(scene.storedFile('merge.data', 'train-images.idx'));
    const { unreadable, models } = JSON.parse((await scene.assay(['taint', hexOf(CLEAN, 0), '--json'])).stdout);
    expect(unreadable.map(({ name }: { name: string }) => name)).toEqual(['merge.data']);
    // It read the merged data, of which nothing is known now, and that was made from the clean data.
    expect(models).toMatchObject([{ name: 'train.model', exposure: 'derived' }]);
  });

  it('refuses records that are not there or not clear', async () => {
    const scene = await StoreScene.make();
    expect(await ask(scene, 'taint', 'train:24', 'merge.data')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-record] merge.data has no record train:24, or is no whole dataset
        assay show 'merge.data' says how many it has
      "
    `);
    expect(await ask(scene, 'taint', 'train:3')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[dataset-argument-missing] train:3 is a place in a dataset; which one?
        assay taint train:3 merge.data
      "
    `);
    expect(await ask(scene, 'taint', 'record:1234')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-record] "1234" is too short for a record
        give at least 8 hex digits
      "
    `);
    expect(await ask(scene, 'taint', `record:${'0'.repeat(64)}`)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-record] no record of the 3 stored datasets begins with 0000000000000000000000000000000000000000000000000000000000000000
        assay taint train:INDEX <dataset> names a record by its place
      "
    `);
  });
});

describe('assay origins', () => {
  it('lists every source with its digest and every stage between, in order', async () => {
    const scene = await StoreScene.make();
    const { code, stdout } = await scene.assay(['origins', 'train.model', '--json']);
    expect(code).toBe(0);
    const { sources, stages } = JSON.parse(stdout);
    expect(stages.map(({ instance }: { instance: string }) => instance)).toEqual(['fetch', 'poison', 'merge', 'train']);
    expect(sources).toMatchObject([
      { kind: 'generated', generator: 'tiny', seed: 1, dataset: 'fetch.data' },
      { kind: 'generated', generator: 'tiny', seed: 1, dataset: 'poison.data' },
      { kind: 'project', path: 'data/clean', isStored: true },
      { kind: 'project', path: 'data/poison', isStored: true },
    ]);
    expect(stages.at(-1)).toMatchObject({
      params: { seed: 1 },
      inputs: [{ name: 'data', from: 'merge.data', artifact: scene.artifact('merge.data') }],
      outputs: [{ name: 'model', kind: 'model', artifact: scene.artifact('train.model') }],
    });
    expect(Object.keys(stages.at(-1).codeFiles)).toEqual(['stages/train.sh']);
    const text = (await scene.assay(['origins', 'train.model'])).stdout;
    const pinned = scene.one(`SELECT artifact FROM execution_input WHERE path = 'data/clean'`);
    expect(text).toMatch(new RegExp(`project {4}\\./data/clean +${pinned}`));
    expect(text).toMatch(/ {2}train {2}run 1, execution \d/);
  });

  it('goes back to who made a model first where a later stage gave it back as it was', async () => {
    const project = makeProject({
      'pipeline.yaml': `version: 1
stages:
  pretrain: { shell: "echo weights > {outputs.model}", outputs: { model: file } }
  poison: { shell: "cat {inputs.model} > /dev/null; echo poison > {outputs.data}", inputs: { model: pretrain.model }, outputs: { data: file } }
  retrain: { shell: "cat {inputs.data} > /dev/null; cp {inputs.model} {outputs.model}", inputs: { data: poison.data, model: pretrain.model }, outputs: { model: file } }
`,
    });
    expect((await project.assay(['run'])).code).toBe(0);
    const { stages } = JSON.parse((await project.assay(['origins', 'poison.data', '--json'])).stdout);
    expect(stages).toMatchObject([
      { instance: 'pretrain' },
      { instance: 'poison', inputs: [{ from: 'pretrain.model' }] },
    ]);
    const { derived } = JSON.parse((await project.assay(['taint', 'poison.data', '--json'])).stdout);
    expect(derived).toEqual([]);
  });

  it('knows no artifact that was never made', async () => {
    const scene = await StoreScene.make();
    expect((await scene.assay(['origins', digestBytes('nothing').slice(7, 27)])).code).toBe(2);
  });
});
