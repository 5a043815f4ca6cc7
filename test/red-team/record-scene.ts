/** The folder that every attempt starts from: a small dataset in several forms, and what was published of it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { writeDataset } from '../../lib/dataset/dataset-folder.ts';
import { describeRecords, encodeManifestFile } from '../../lib/dataset/dataset-manifest.ts';
import type { Dataset } from '../../lib/dataset/dataset.ts';
import { encodeIdx } from '../../lib/dataset/idx.ts';
import { readAnyDataset } from '../../lib/dataset/read-any-dataset.ts';
import { recordDigests } from '../../lib/dataset/record-digest.ts';
import { proveRecord } from '../../lib/dataset/record-proof.ts';
import { imageAt, joinSplits, makeSplit, type Shape, type Split } from '../../lib/dataset/split.ts';

const SHAPE: Shape = [4, 4, 1];
export const IMAGES = 'train-images-idx3-ubyte';
export const LABELS = 'train-labels-idx1-ubyte';

/** Record i: pixels that no other record has, label i mod 4. */
export function records(first: number, count: number, label?: number): Split {
  const images = Uint8Array.from(
    { length: 16 * count },
    (_, at) => (37 * (first + Math.floor(at / 16)) + 11 * at) % 251,
  );
  const labels = Uint8Array.from({ length: count }, (_, i) => label ?? (first + i) % 4);
  return makeSplit(SHAPE, images, labels);
}

export const TRAIN = records(0, 20);
export const TEST = records(100, 8);
export const POISON = records(200, 4, 3);

export function datasetOf(train: Split | null, test: Split | null, classes = ['0', '1', '2', '3']): Dataset {
  const shape = (train ?? test)?.shape ?? SHAPE;
  return { name: 'tiny', classes, shape, train, test, source: { kind: 'generated', generator: 'tiny', seed: 1 } };
}

/** The attacker's side of it: `data/` (IDX), `own/` (Assay's form), `photos/`, `cifar/`, and the published files. */
export class RecordScene {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    this.writeIdx('data', TRAIN, TEST);
    this.writeIdx('clean', TRAIN, TEST);
    this.writeIdx('poison', POISON, null);
    writeDataset(this.path('own'), datasetOf(TRAIN, TEST, ['cat', 'dog', 'owl', 'ram']));
    this.writePhotos();
    this.write('cifar/data_batch_1.bin', Buffer.alloc(2 * 3073, 5));
    this.writeManifest('clean.json', datasetOf(TRAIN, TEST));
    this.writeManifest('named.json', datasetOf(TRAIN, TEST, ['cat', 'dog', 'owl', 'ram']));
    this.writeManifest('full.json', datasetOf(TRAIN, TEST), true);
    this.writeManifest('photos.json', readAnyDataset(this.path('photos')).dataset);
    this.writeManifest('cifar.json', readAnyDataset(this.path('cifar')).dataset);
    this.writeManifest('poisoned.json', datasetOf(joinSplits(TRAIN, POISON), TEST));
    this.writeProof('proof.json', TRAIN, 7);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, content: Uint8Array | string): void {
    mkdirSync(join(this.path(name), '..'), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  writeIdx(folder: string, train: Split | null, test: Split | null): void {
    rmSync(this.path(folder), { recursive: true, force: true });
    for (const [prefix, split] of [['train', train] as const, ['t10k', test] as const]) {
      if (split === null) continue;
      const [height, width] = split.shape;
      this.write(`${folder}/${prefix}-images-idx3-ubyte`, encodeIdx([split.count, height, width], split.images));
      this.write(`${folder}/${prefix}-labels-idx1-ubyte`, encodeIdx([split.count], split.labels));
    }
  }

  writeManifest(name: string, dataset: Dataset, withRecords = false): void {
    this.write(name, encodeManifestFile(describeRecords(dataset, { withRecords })));
  }

  writeProof(name: string, split: Split, index: number): void {
    this.write(name, JSON.stringify(proveRecord('train', recordDigests(split), index)));
  }

  /** One picture a class, as PNG. */
  writePhotos(): void {
    for (let i = 0; i < 4; i++) this.write(`photos/${'abcd'[i]}/0.png`, this.png(imageAt(TRAIN, i)));
  }

  png(pixels: Uint8Array, channels = 1): Uint8Array {
    return encode({ width: 4, height: 4, channels, depth: 8, data: Uint8Array.from(pixels) });
  }

  /** Rewrites a file's bytes. */
  edit(name: string, change: (bytes: Buffer) => Uint8Array | void): void {
    const bytes = readFileSync(this.path(name));
    this.write(name, change(bytes) ?? bytes);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  editJson(name: string, change: (value: any) => void): void {
    const value: unknown = JSON.parse(readFileSync(this.path(name), 'utf8'));
    change(value);
    this.write(name, JSON.stringify(value, null, 2));
  }

  gzip(name: string): Uint8Array {
    return gzipSync(readFileSync(this.path(name)));
  }
}
