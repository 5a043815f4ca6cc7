import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../lib/base/errors.ts';
import { writeDataset } from '../../lib/dataset/dataset-folder.ts';
import { encodeIdx } from '../../lib/dataset/idx.ts';
import { readAnyDataset } from '../../lib/dataset/read-any-dataset.ts';
import { makeSplit, type Split } from '../../lib/dataset/split.ts';

const TRAIN = makeSplit(
  [2, 2, 1],
  Uint8Array.from({ length: 12 }, (_, i) => 20 * i),
  Uint8Array.of(0, 1, 1),
);
const TEST = makeSplit([2, 2, 1], Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1));
const IMAGES = encodeIdx([3, 2, 2], TRAIN.images);
const LABELS = encodeIdx([3], TRAIN.labels);
const FOUR = {
  'train-images-idx3-ubyte': IMAGES,
  'train-labels-idx1-ubyte': LABELS,
  't10k-images-idx3-ubyte': encodeIdx([1, 2, 2], TEST.images),
  't10k-labels-idx1-ubyte': encodeIdx([1], TEST.labels),
};

function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-'));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

function picture(pixels: readonly number[], channels = 1): Uint8Array {
  return encode({ width: 2, height: 2, channels, depth: 8, data: Uint8Array.from(pixels) });
}

/** [label, …pixels] of each record. */
function spell(split: Split | null): number[][] | null {
  if (split === null) return null;
  const size = split.images.length / split.count;
  return [...split.labels].map((label, i) => [label, ...split.images.subarray(i * size, (i + 1) * size)]);
}

function read(folder: string, name = '.') {
  const { form, dataset, falseClaim } = readAnyDataset(join(folder, name));
  expect(falseClaim).toBeNull();
  return { form, classes: dataset.classes, train: spell(dataset.train), test: spell(dataset.test) };
}

const RECORDS = { classes: ['0', '1'], train: spell(TRAIN), test: spell(TEST) };

describe('readAnyDataset', () => {
  it('reads the same records from MNIST files, raw or under gzip, by folder, images or labels', () => {
    expect(read(folderOf(FOUR))).toEqual({ form: 'idx', ...RECORDS });
    const packed = Object.entries(FOUR).map(([name, bytes]) => [`${name.replace('-idx', '.idx')}.gz`, gzipSync(bytes)]);
    expect(read(folderOf(Object.fromEntries(packed)))).toEqual({ form: 'idx', ...RECORDS });
    for (const name of ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']) {
      expect(read(folderOf(FOUR), name)).toEqual({ form: 'idx', ...RECORDS, test: null });
    }
  });

  it("reads Assay's own folder", () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-'));
    const source = { kind: 'generated', generator: 'x', seed: 1 } as const;
    writeDataset(folder, { name: 'x', classes: ['0', '1'], shape: [2, 2, 1], train: TRAIN, test: TEST, source });
    expect(read(folder)).toEqual({ form: 'assay', ...RECORDS });
  });

  it('reads pictures by class and name in the order of code points, and splits above them', () => {
    const pixels = { a: [1, 2, 3, 4], B: [5, 6, 7, 8], c: [9, 10, 11, 12] };
    const files = { 'x/b.png': picture(pixels.a), 'x/B.png': picture(pixels.B), 'Y/0.png': picture(pixels.c) };
    const train = [
      [0, ...pixels.c],
      [1, ...pixels.B],
      [1, ...pixels.a],
    ];
    expect(read(folderOf(files))).toEqual({ form: 'images', classes: ['Y', 'x'], train, test: null });
    const split = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`train/${name}`, bytes]));
    expect(read(folderOf({ ...split, 'test/x/0.png': picture(pixels.c) }))).toEqual({
      form: 'images',
      classes: ['Y', 'x'],
      train,
      test: [[1, ...pixels.c]],
    });
  });

  it('reads colours as they are and drops an alpha channel that hides nothing', () => {
    const rgb = [...Array(12).keys()];
    const opaque = [0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255];
    const folder = folderOf({ 'a/0.png': picture(rgb, 3), 'a/1.png': picture(opaque, 4) });
    expect(read(folder).train).toEqual([
      [0, ...rgb],
      [0, ...rgb],
    ]);
  });

  it('reads CIFAR-10 batches in the order of their numbers', () => {
    const batch = (label: number): Uint8Array => Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : 7));
    const folder = folderOf({
      'data_batch_10.bin': batch(3),
      'data_batch_2.bin': batch(2),
      'test_batch.bin': batch(1),
      'batches.meta.txt': 'airplane',
    });
    const { dataset, form } = readAnyDataset(folder);
    expect({ form, train: [...dataset.train!.labels], test: [...dataset.test!.labels] }).toEqual({
      form: 'cifar',
      train: [2, 3],
      test: [1],
    });
    expect(readAnyDataset(join(folder, 'test_batch.bin')).dataset.test!.count).toBe(1);
  });

  const faults: readonly (readonly [string, () => string, string])[] = [
    ['nothing', () => '/nowhere/at/all', 'dataset-missing: /nowhere/at/all does not exist.'],
    [
      'an empty folder',
      () => folderOf({ 'readme.txt': 'x' }),
      'dataset-unrecognised: <folder> holds no dataset in a form that is known.',
    ],
    [
      'another file',
      () => join(folderOf({ x: 'hello' }), 'x'),
      'dataset-unrecognised: <folder>/x begins with the bytes 68656c6c: it is neither IDX nor a CIFAR-10 batch (.bin).',
    ],
    [
      'a manifest',
      () => join(folderOf({ 'm.json': '{}' }), 'm.json'),
      'dataset-unrecognised: <folder>/m.json is no dataset but may be a manifest: give it to --against.',
    ],
    [
      'images without labels',
      () => folderOf({ 'train-images-idx3-ubyte': IMAGES }),
      'dataset-part-missing: <folder>/train-images-idx3-ubyte has not its labels beside it.',
    ],
    [
      'labels without images',
      () => join(folderOf({ 'train-labels-idx1-ubyte': LABELS }), 'train-labels-idx1-ubyte'),
      'dataset-part-missing: <folder>/train-labels-idx1-ubyte has not its images beside it.',
    ],
    [
      'labels in the place of images',
      () => folderOf({ 'train-images-idx3-ubyte': LABELS, 'train-labels-idx1-ubyte': LABELS }),
      'dataset-parts-differ: <folder>/train-images-idx3-ubyte holds 3 values, which are no images.',
    ],
    [
      'splits of two sizes',
      () => folderOf({ ...FOUR, 't10k-images-idx3-ubyte': encodeIdx([1, 1, 4], TEST.images) }),
      'dataset-parts-differ: <folder> holds images of 2 x 2 x 1 to train on and of 1 x 4 x 1 to test on.',
    ],
    [
      'pictures of two sizes',
      () => folderOf({ 'a/0.png': picture([1, 2, 3, 4]), 'a/1.png': picture([...Array(12).keys()], 3) }),
      'dataset-parts-differ: <folder>/a/1.png is 2 x 2 x 3; <folder>/a/0.png is 2 x 2 x 1 (height x width x channels).',
    ],
    [
      'no PNG',
      () => folderOf({ 'a/0.jpg': 'JFIF' }),
      'image-unreadable: <folder>/a/0.jpg cannot be read as a picture: it is no PNG.',
    ],
    [
      'a folder inside a class',
      () => folderOf({ 'a/b/c/0.png': picture([1, 2, 3, 4]) }),
      'dataset-unrecognised: <folder>/a/b is a folder inside the folder of a class.',
    ],
    [
      'a class of the test split alone',
      () => folderOf({ 'train/a/0.png': picture([1, 2, 3, 4]), 'test/b/0.png': picture([1, 2, 3, 4]) }),
      'dataset-unrecognised: <folder>/test/b is a class that the other split has not.',
    ],
    [
      'a link',
      () => {
        const folder = folderOf({ 'a/0.png': picture([1, 2, 3, 4]) });
        symlinkSync('a', join(folder, 'b'));
        return folder;
      },
      'dataset-link-refused: <folder>/b is a link or a special file, and is not followed.',
    ],
  ];

  it.each(faults)('says what is wrong with %s', (_, make, text) => {
    const path = make();
    try {
      readAnyDataset(path);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const message = `${error.code}: ${error.message}`.replaceAll(/\/[^\s]*\/assay-\w{6}/g, '<folder>');
      expect(message).toBe(text);
      expect(error.hint).toBeDefined();
    }
  });

  it('follows a link that the user names', () => {
    const folder = folderOf(FOUR);
    symlinkSync(folder, `${folder}-link`);
    expect(read(`${folder}-link`).train).toEqual(RECORDS.train);
  });
});
