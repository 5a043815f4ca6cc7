import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../lib/dataset/dataset.ts';
import { readDataset, verifyDataset, writeDataset } from '../../lib/dataset/dataset-folder.ts';
import { encodeIdx } from '../../lib/dataset/idx.ts';
import { makeSplit } from '../../lib/dataset/split.ts';
import { anySplit, tinySplit } from '../support/splits.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-dataset-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SMALL: Dataset = {
  name: 'small',
  classes: ['cat', 'dog'],
  shape: [1, 1, 1],
  train: tinySplit([0, 1], [1, 2], [1, 3]),
  test: null,
  source: { kind: 'derived', operation: 'poison', parents: [`sha256:${'0'.repeat(64)}`] },
};

/** What is thrown, with the folder's name taken out. */
function faultOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    // What the JSON parser says differs between versions of Node.
    return `${code}: ${message}\n  ${hint}`.replaceAll(folder, '<folder>').replace(/is not JSON: .*/, 'is not JSON: …');
  }
  return 'no fault';
}

describe('a dataset folder', () => {
  it('reads back what was written, for any splits, grey or coloured', () => {
    for (const shape of [[2, 3, 1] as const, [2, 1, 3] as const]) {
      const splits = fc.option(anySplit(shape, 5), { nil: null });
      fc.assert(
        fc.property(splits, splits, (train, test) => {
          const dataset: Dataset = { ...SMALL, shape, classes: ['a', 'b', 'c', 'd'], train, test };
          writeDataset(join(folder, 'any'), dataset);
          expect(plain(verifyDataset(join(folder, 'any')))).toEqual(plain(dataset));
          rmSync(join(folder, 'any'), { recursive: true });
        }),
        { numRuns: 30 },
      );
    }
  });

  it('holds plain IDX files of the splits it has, and says in dataset.json what they hold', () => {
    writeDataset(folder, SMALL);
    expect(readdirSync(folder).sort()).toEqual(['dataset.json', 'train-images.idx', 'train-labels.idx']);
    expect([...readFileSync(join(folder, 'train-images.idx'))]).toEqual([
      0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3,
    ]);
    expect(readFileSync(join(folder, 'dataset.json'), 'utf8')).toMatchInlineSnapshot(`
      "{
        "format": "assay-dataset/v1",
        "name": "small",
        "shape": [
          1,
          1,
          1
        ],
        "classes": [
          "cat",
          "dog"
        ],
        "counts": {
          "train": 3,
          "test": null
        },
        "perClass": {
          "train": [
            1,
            2
          ],
          "test": null
        },
        "recordsRoot": {
          "train": "sha256:5f0bc89c8cb10dd4503a57904d6fb438ce409e8d4663febc568c19fd8f99fc88",
          "test": null
        },
        "recordsMultiset": {
          "train": "sha256:2717679da5d007c7232063b07ec76e55d8b585c04a45bd22c2a9c20367fef892",
          "test": null
        },
        "source": {
          "kind": "derived",
          "operation": "poison",
          "parents": [
            "sha256:0000000000000000000000000000000000000000000000000000000000000000"
          ]
        }
      }
      "
    `);
  });

  it('gives arrays whose slices are copies, not the views that a Buffer gives', () => {
    writeDataset(folder, SMALL);
    const { images } = readDataset(folder).train ?? tinySplit();
    images.slice()[0] = 77;
    expect(images[0]).toBe(1);
  });

  it('of colour images holds four dimensions', () => {
    const train = makeSplit([1, 2, 3], new Uint8Array(6), new Uint8Array(1));
    writeDataset(folder, { ...SMALL, shape: [1, 2, 3], train });
    expect([...readFileSync(join(folder, 'train-images.idx'))].slice(0, 20)).toEqual([
      0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,
    ]);
  });

  it('says what is missing', () => {
    expect(faultOf(() => readDataset(folder))).toMatchInlineSnapshot(`
      "dataset-missing: <folder>/dataset.json does not exist, so its folder is no dataset.
        give a folder that a stage wrote as an output of kind dataset"
    `);
    writeDataset(folder, SMALL);
    rmSync(join(folder, 'train-labels.idx'));
    expect(faultOf(() => readDataset(folder))).toMatchInlineSnapshot(`
      "dataset-missing: <folder>/train-labels.idx does not exist, so its folder is no dataset.
        give a folder that a stage wrote as an output of kind dataset"
    `);
  });

  it('says where its files contradict each other', () => {
    const afterEdit = (file: string, bytes: Uint8Array | string): string => {
      writeDataset(folder, SMALL);
      writeFileSync(join(folder, file), bytes);
      return faultOf(() => readDataset(folder));
    };
    const info = (edit: object): string => {
      writeDataset(folder, SMALL);
      return JSON.stringify({ ...JSON.parse(readFileSync(join(folder, 'dataset.json'), 'utf8')), ...edit });
    };
    expect([
      afterEdit('train-images.idx', encodeIdx([2, 1, 1], Uint8Array.of(1, 2))),
      afterEdit('train-labels.idx', encodeIdx([4], new Uint8Array(4))),
      afterEdit('train-labels.idx', encodeIdx([3], Uint8Array.of(0, 1, 2))),
      afterEdit('dataset.json', '{'),
      afterEdit('dataset.json', info({ shape: [1, 1] })),
      afterEdit('dataset.json', info({ format: 'assay-dataset/v2' })),
    ]).toMatchInlineSnapshot(`
      [
        "dataset-corrupt: <folder>/train-images.idx holds 2 x 1 x 1 values; dataset.json says 3 x 1 x 1.
        rerun the stage that made the dataset: assay run --force <stage>",
        "dataset-corrupt: <folder>/train-labels.idx holds 4 labels; dataset.json says 3.
        rerun the stage that made the dataset: assay run --force <stage>",
        "dataset-corrupt: <folder>/train-labels.idx gives record 2 the label 2; there are 2 classes.
        rerun the stage that made the dataset: assay run --force <stage>",
        "dataset-corrupt: <folder>/dataset.json is not JSON: …
        rerun the stage that made the dataset: assay run --force <stage>",
        "dataset-corrupt: <folder>/dataset.json at "shape": Too small: expected array to have >=3 items.
        rerun the stage that made the dataset: assay run --force <stage>",
        "dataset-corrupt: <folder>/dataset.json at "format": Invalid input: expected "assay-dataset/v1".
        rerun the stage that made the dataset: assay run --force <stage>",
      ]
    `);
  });

  it('is proved against its own claims: a swapped pixel passes reading and fails verifying', () => {
    writeDataset(folder, SMALL);
    writeFileSync(join(folder, 'train-images.idx'), encodeIdx([3, 1, 1], Uint8Array.of(1, 2, 4)));
    expect(faultOf(() => readDataset(folder))).toBe('no fault');
    expect(faultOf(() => verifyDataset(folder))).toMatchInlineSnapshot(`
      "dataset-corrupt: <folder>/dataset.json claims recordsRoot {"train":"sha256:5f0bc89c8cb10dd4503a57904d6fb438ce409e8d4663febc568c19fd8f99fc88","test":null}, but the records give {"train":"sha256:661dc0a825b8c89abc0b9b6260bbf9009fac142b8282c9a233283d848b0834ad","test":null}.
        rerun the stage that made the dataset: assay run --force <stage>"
    `);
  });
});

/** Typed arrays as lists, to compare by content. */
function plain(dataset: Dataset): unknown {
  return JSON.parse(JSON.stringify(dataset, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value)));
}
