/** The fetch stage as a program: what it writes, what it says, and that it writes nothing when it fails. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readDatasetInfo, verifyDataset } from '../../lib/dataset/dataset-folder.ts';
import { imageAt } from '../../lib/dataset/split.ts';
import { makeStageFolder, runStageProgram } from '../support/run-stage.ts';
import { sharedData } from '../support/shared-data.ts';

const sandbox = makeStageFolder();
afterAll(() => sandbox.remove());
const data = join(sandbox.path, 'data');

const fetchStage = (params: object, mirror: string | null = null) =>
  runStageProgram('fetch', sandbox.path, { params: { seed: 1, ...params } as never, unkeyed: { mirror } });

describe('fetch', () => {
  it('draws glyphs: a sound dataset, the same bytes each time, with a bar to watch', async () => {
    const run = await fetchStage({ dataset: 'glyphs', fetch: { train: 40, test: 20 } });
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { counts, perClass, source } = readDatasetInfo(data);
    expect({ counts, perClass, source }).toEqual({
      counts: { train: 40, test: 20 },
      perClass: { train: Array(10).fill(4), test: Array(10).fill(2) },
      source: { kind: 'generated', generator: 'glyphs/v1', seed: 1 },
    });
    verifyDataset(data);
    expect(run.messages.at(-1)).toEqual({ type: 'progress', done: 60, total: 60, unit: 'images', label: '' });

    const first = readFileSync(join(data, 'dataset.json'), 'utf8');
    await fetchStage({ dataset: 'glyphs', fetch: { train: 40, test: 20 } });
    expect(readFileSync(join(data, 'dataset.json'), 'utf8')).toBe(first);
  });

  it('says what is wrong with a parameter, and writes nothing', async () => {
    const run = await fetchStage({ dataset: 'mnits', fetch: {} });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toBe(
      'parameter-invalid: parameter dataset is "mnits"; allowed: glyphs, mnist, fashion-mnist, cifar10\n  did you mean "mnist"?',
    );
    expect(readdirSync(data)).toEqual([]);
  });

  it('writes nothing when a mirror holds something else than the published file', async () => {
    const mirror = join(sandbox.path, 'mirror');
    mkdirSync(mirror, { recursive: true });
    for (const name of ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']) {
      writeFileSync(join(mirror, `${name}-ubyte`), 'something else');
    }
    const run = await fetchStage({ dataset: 'mnist', fetch: {} }, mirror);
    expect(run.exitCode).toBe(1);
    expect(run.stderr.replaceAll(sandbox.path, '<sandbox>')).toMatchInlineSnapshot(`
      "dataset-digest-wrong: train-images-idx3-ubyte from <sandbox>/mirror/train-images-idx3-ubyte is not the published file: expected sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db, found sha256:f41f3fa625ff120ddca7ef456bf66371ecea23c129f4e4c32367101edb516cf8 (14 bytes).
        replace the file, or take it from another place: nothing was made of it"
    `);
    expect(readdirSync(data)).toEqual([]);
  });
});

describe.skipIf(sharedData === null)('fetch from a mirror of the real files', () => {
  const shared = sharedData as string;

  it('gives all of MNIST, record for record', async () => {
    expect(await fetchStage({ dataset: 'mnist', fetch: { train: null, test: null } }, shared)).toMatchObject({
      exitCode: 0,
    });
    const dataset = verifyDataset(data);
    const { counts, perClass, recordsRoot, source } = readDatasetInfo(data);
    // The class counts that LeCun's and everybody's tables give.
    expect({ counts, perClass, source }).toEqual({
      counts: { train: 60_000, test: 10_000 },
      perClass: {
        train: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        test: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
      },
      source: {
        kind: 'published',
        files: [
          {
            name: 'train-images-idx3-ubyte',
            digest: 'sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
          },
          {
            name: 'train-labels-idx1-ubyte',
            digest: 'sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
          },
          {
            name: 't10k-images-idx3-ubyte',
            digest: 'sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
          },
          {
            name: 't10k-labels-idx1-ubyte',
            digest: 'sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
          },
        ],
      },
    });
    expect(recordsRoot.train).toBe('sha256:5c2a91b7c7e679beb60d70a15c20fc8b31fb8371de1719ac6dcc8b01f7ba5dd9');
    const raw = gunzipSync(readFileSync(join(shared, 'mnist/t10k-images-idx3-ubyte.gz')));
    const last = imageAt(dataset.test!, 9_999);
    expect(Buffer.compare(last, raw.subarray(raw.length - 784))).toBe(0);
  });

  it('keeps a seeded part in the order of the file, and a smaller part is within a larger', async () => {
    const first100 = (labels: Uint8Array): number[] => [...labels.subarray(0, 100)];
    const read = async (train: number, seed: number) => {
      await fetchStage({ dataset: 'fashion-mnist', seed, fetch: { train, test: 500 } }, shared);
      return verifyDataset(data);
    };
    const large = await read(3000, 1);
    const small = await read(1000, 1);
    const other = await read(1000, 2);
    expect([large.train!.count, large.test!.count, small.train!.count]).toEqual([3000, 500, 1000]);
    const keys = (split: typeof large.train) =>
      Array.from({ length: split!.count }, (_, i) => Buffer.from(imageAt(split!, i)).toString('latin1'));
    const largeKeys = keys(large.train);
    const places = keys(small.train).map((key) => largeKeys.indexOf(key));
    expect(places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1]!))).toBe(true);
    expect(first100(other.train!.labels)).not.toEqual(first100(small.train!.labels));
  });

  it('reads one CIFAR-10 batch and the test batch out of a .tar.xz, and says that it is one', async () => {
    const run = await fetchStage({ dataset: 'cifar10', fetch: { train: 500, test: 200, batches: [1] } }, shared);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.messages.filter((message) => message.type === 'message')).toEqual([
      { type: 'message', text: 'cifar10: only training batches 1 of 5, as asked' },
    ]);
    const dataset = verifyDataset(data);
    expect([dataset.shape, dataset.train!.count, dataset.test!.count]).toEqual([[32, 32, 3], 500, 200]);
  }, 180_000);

  it('names the batches that a mirror lacks', async () => {
    const mirror = join(sandbox.path, 'no-cifar');
    mkdirSync(mirror);
    cpSync(join(shared, 'mnist/t10k-labels-idx1-ubyte.gz'), join(mirror, 'test_batch.txt'));
    const run = await fetchStage({ dataset: 'cifar10', fetch: { batches: [2, 1] } }, mirror);
    expect(run.stderr.replaceAll(sandbox.path, '<sandbox>')).toMatchInlineSnapshot(`
      "dataset-file-missing: the mirror <sandbox>/no-cifar lacks data_batch_1.bin, data_batch_2.bin, test_batch.bin of cifar10.
        put each there as it is, as .gz or as .xz or an archive cifar-10-binary.tar.gz; or leave mirror null to download"
    `);
  });
});
