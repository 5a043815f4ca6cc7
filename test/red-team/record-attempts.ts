/**
 * Ways to cheat at the level of records. Each is tried with the real command line; `finding` is text that it must print. The rows are
 * data, so that a document can be made of them.
 */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { joinSplits, makeSplit, selectRecords, type Split } from '../../lib/dataset/split.ts';
import { IMAGES, LABELS, POISON, RecordScene, TEST, TRAIN } from './record-scene.ts';

export interface RecordAttempt {
  readonly name: string;
  /** What the attacker does, in words. */
  readonly how: string;
  readonly attempt: (scene: RecordScene) => void;
  readonly command: readonly string[];
  readonly finding: string;
  readonly exitCode: number;
}

const HEADER_IMAGES = 16;
const HEADER_LABELS = 8;
const DIFF = ['audit', 'diff', './clean', './data'];
const AGAINST_SMALL = ['audit', 'dataset', './data', '--against', 'clean.json'];
const AGAINST_FULL = ['audit', 'dataset', './data', '--against', 'full.json'];
const AGAINST_DATA = ['audit', 'dataset', './data', '--against', './clean'];
const PHOTOS = ['audit', 'dataset', './photos', '--against', 'photos.json'];
const CHECK_PROOF = ['prove', '--check', 'proof.json', '--manifest', 'clean.json'];

const setTrain = (scene: RecordScene, train: Split): void => scene.writeIdx('data', train, TEST);
const indexes = [...Array(TRAIN.count).keys()];
const without = (index: number): Split =>
  selectRecords(
    TRAIN,
    indexes.filter((i) => i !== index),
  );
const label = (scene: RecordScene, index: number, value: number): void =>
  scene.edit(`data/${LABELS}`, (bytes) => void (bytes[HEADER_LABELS + index] = value));

export const RECORD_ATTEMPTS: readonly RecordAttempt[] = [
  {
    name: 'relabel a record',
    how: 'the label of record 5 becomes 3',
    attempt: (scene) => label(scene, 5, 3),
    command: AGAINST_FULL,
    finding: 'relabelled   train  1 records have the same pixels under another label: 5',
    exitCode: 3,
  },
  {
    name: 'relabel a record, with only the small manifest to compare with',
    how: 'the label of record 5 becomes 3',
    attempt: (scene) => label(scene, 5, 3),
    command: AGAINST_SMALL,
    finding: 'class-count  train  class 1: 4 records, not 5',
    exitCode: 3,
  },
  {
    name: 'swap the labels of two records, so that all counts stay',
    how: 'records 4 and 5 carry each the label of the other',
    attempt: (scene) => {
      label(scene, 4, 1);
      label(scene, 5, 0);
    },
    command: AGAINST_SMALL,
    finding: 'records  train  the records are not those of the manifest: root',
    exitCode: 3,
  },
  {
    name: 'swap the images of two records',
    how: 'records 4 and 5 have each the pixels of the other; the file of labels is untouched',
    attempt: (scene) =>
      scene.edit(`data/${IMAGES}`, (bytes) => {
        const four = Buffer.from(bytes.subarray(HEADER_IMAGES + 64, HEADER_IMAGES + 80));
        bytes.copyWithin(HEADER_IMAGES + 64, HEADER_IMAGES + 80, HEADER_IMAGES + 96);
        four.copy(bytes, HEADER_IMAGES + 80);
      }),
    command: DIFF,
    finding: 'relabelled  4 -> 5 (0 -> 1), 5 -> 4 (1 -> 0)',
    exitCode: 3,
  },
  {
    name: 'reorder records',
    how: 'record 0 goes to the end',
    attempt: (scene) => setTrain(scene, selectRecords(TRAIN, [...indexes.slice(1), 0])),
    command: AGAINST_SMALL,
    finding: 'order  train  the same records in another order',
    exitCode: 3,
  },
  {
    name: 'reorder records, and be told which',
    how: 'record 0 goes to the end',
    attempt: (scene) => setTrain(scene, selectRecords(TRAIN, [...indexes.slice(1), 0])),
    command: DIFF,
    finding: 'moved  0 -> 19',
    exitCode: 3,
  },
  {
    name: 'duplicate a record',
    how: 'record 2 is appended once more',
    attempt: (scene) => setTrain(scene, selectRecords(TRAIN, [...indexes, 2])),
    command: DIFF,
    finding: '1 record of b more than once: 2 = 20 (in a none)',
    exitCode: 3,
  },
  {
    name: 'put a copy of a record in the place of another of its class',
    how: 'record 6 is overwritten with record 2: every count stays',
    attempt: (scene) => setTrain(scene, selectRecords(TRAIN, [...indexes.slice(0, 6), 2, ...indexes.slice(7)])),
    command: AGAINST_FULL,
    finding: 'changed  train  1 records are others than in the manifest: 6',
    exitCode: 3,
  },
  {
    name: 'one picture under two labels',
    how: 'record 2 is appended with the label 3',
    attempt: (scene) => setTrain(scene, joinSplits(TRAIN, { ...selectRecords(TRAIN, [2]), labels: Uint8Array.of(3) })),
    command: DIFF,
    finding: '1 image of b under several labels: 2 = 20',
    exitCode: 3,
  },
  {
    name: 'add a poisoned record',
    how: 'one record is appended',
    attempt: (scene) => setTrain(scene, joinSplits(TRAIN, selectRecords(POISON, [0]))),
    command: AGAINST_FULL,
    finding: 'added        train  1 records that the manifest has not: 20',
    exitCode: 3,
  },
  {
    name: 'add a poisoned record in the middle',
    how: 'one record is put between 9 and 10',
    attempt: (scene) => {
      const [head, tail] = [selectRecords(TRAIN, indexes.slice(0, 10)), selectRecords(TRAIN, indexes.slice(10))];
      setTrain(scene, joinSplits(joinSplits(head, selectRecords(POISON, [0])), tail));
    },
    command: DIFF,
    finding: '1 new, labelled 3',
    exitCode: 3,
  },
  {
    name: 'remove a record',
    how: 'record 11 is left out',
    attempt: (scene) => setTrain(scene, without(11)),
    command: AGAINST_FULL,
    finding: 'removed      train  1 records of the manifest are missing: 11',
    exitCode: 3,
  },
  {
    name: 'replace a record by a poisoned one elsewhere',
    how: 'record 11 is left out and a poisoned one appended: the count stays',
    attempt: (scene) => setTrain(scene, joinSplits(without(11), selectRecords(POISON, [0]))),
    command: AGAINST_DATA,
    finding: 'records of the manifest are missing: 11',
    exitCode: 3,
  },
  {
    name: 'change one pixel by one',
    how: 'the first pixel of record 13 is one brighter',
    attempt: (scene) => scene.edit(`data/${IMAGES}`, (bytes) => void bytes[HEADER_IMAGES + 13 * 16]!++),
    command: DIFF,
    finding: '0.00392 / 1',
    exitCode: 3,
  },
  {
    name: 'give the poison for the clean data',
    how: 'the folders of clean and poisoned records change places',
    attempt: (scene) => {
      renameSync(scene.path('data'), scene.path('aside'));
      renameSync(scene.path('poison'), scene.path('data'));
    },
    command: AGAINST_SMALL,
    finding: 'count        train  4 records; the manifest says 20',
    exitCode: 3,
  },
  {
    name: 'swap training and test records',
    how: 'each split has the records of the other',
    attempt: (scene) => scene.writeIdx('data', TEST, TRAIN),
    command: AGAINST_SMALL,
    finding: 'count        test   20 records; the manifest says 8',
    exitCode: 3,
  },
  {
    name: 'train on test records',
    how: 'test record 3 is appended to the training records',
    attempt: (scene) => setTrain(scene, joinSplits(TRAIN, selectRecords(TEST, [3]))),
    command: AGAINST_FULL,
    finding: '1 records that the manifest has not: 20',
    exitCode: 3,
  },
  {
    name: 'leave the test records out',
    how: 'the files of the test split are deleted',
    attempt: (scene) => scene.writeIdx('data', TRAIN, null),
    command: AGAINST_SMALL,
    finding: 'split  test  there are no test records; the manifest says 8',
    exitCode: 3,
  },
  {
    name: 'read the same bytes as other images',
    how: 'the header says 2 x 8 instead of 4 x 4: no record digest changes',
    attempt: (scene) => {
      const turn = (split: Split): Split => makeSplit([2, 8, 1], split.images, split.labels);
      scene.writeIdx('data', turn(TRAIN), turn(TEST));
    },
    command: AGAINST_SMALL,
    finding: 'shape    the images are 2 x 8 x 1; the manifest says 4 x 4 x 1',
    exitCode: 3,
  },
  {
    name: 'exchange the names of two classes',
    how: 'dataset.json calls label 0 "dog" and label 1 "cat"; no record is touched',
    attempt: (scene) => scene.editJson('own/dataset.json', (info) => (info.classes = ['dog', 'cat', 'owl', 'ram'])),
    command: ['audit', 'dataset', './own', '--against', 'named.json'],
    finding: 'class-names    the classes are dog, cat, owl, ram; the manifest says cat, dog, owl, ram',
    exitCode: 3,
  },
  {
    name: 'let dataset.json claim the old records',
    how: 'a label in the folder of a dataset is edited, dataset.json is not',
    attempt: (scene) => scene.edit('own/train-labels.idx', (bytes) => void (bytes[HEADER_LABELS] = 2)),
    command: ['audit', 'dataset', './own', '--against', 'named.json'],
    finding: 'dataset.json claims perClass',
    exitCode: 3,
  },
  {
    name: 'edit a count in a manifest',
    how: 'clean.json says 21 records',
    attempt: (scene) => scene.editJson('clean.json', (manifest) => manifest.splits.train.count++),
    command: AGAINST_SMALL,
    finding: 'splits.train.perClass adds up to 20, but count is 21',
    exitCode: 3,
  },
  {
    name: 'edit all counts in a manifest alike',
    how: 'clean.json says 21 records, 6 of class 0',
    attempt: (scene) =>
      scene.editJson('clean.json', ({ splits: { train } }) => {
        train.count++;
        train.perClass[0]++;
      }),
    command: AGAINST_SMALL,
    finding: 'class-count  train  class 0: 5 records, not 6',
    exitCode: 3,
  },
  {
    name: 'edit the root in a manifest',
    how: 'one digit of the root of clean.json is another',
    attempt: (scene) =>
      scene.editJson('clean.json', ({ splits: { train } }) => (train.root = `sha256:${'0'.repeat(64)}`)),
    command: AGAINST_SMALL,
    finding: `not sha256:${'0'.repeat(64)}`,
    exitCode: 3,
  },
  {
    name: 'edit the multiset in a manifest',
    how: 'the multiset of clean.json is another digest, the root is not',
    attempt: (scene) =>
      scene.editJson('clean.json', ({ splits: { train } }) => (train.multiset = `sha256:${'0'.repeat(64)}`)),
    command: AGAINST_SMALL,
    finding: 'the root is right and the multiset is not: the manifest contradicts itself',
    exitCode: 3,
  },
  {
    name: 'edit a record digest in a manifest',
    how: 'full.json lists another digest for record 7',
    attempt: (scene) =>
      scene.editJson('full.json', ({ splits: { train } }) => (train.records.digests[7] = 'ab'.repeat(32))),
    command: AGAINST_FULL,
    finding: 'splits.train.records.digests do not give the root',
    exitCode: 3,
  },
  {
    name: 'edit a manifest and all that depends on it',
    how: 'data and manifest are both replaced by poisoned ones that agree; the digest of the manifest was published',
    attempt: (scene) => {
      setTrain(scene, joinSplits(TRAIN, POISON));
      renameSync(scene.path('poisoned.json'), scene.path('clean.json'));
    },
    command: [...AGAINST_SMALL, '--pin', 'sha256:CLEAN.JSON'],
    finding: 'clean.json has the digest',
    exitCode: 3,
  },
  {
    name: 'give an address for a digest',
    how: 'the root in clean.json is a URL that serves whatever is wanted',
    attempt: (scene) =>
      scene.editJson('clean.json', ({ splits: { train } }) => (train.root = 'https://example.org/root.sha256')),
    command: AGAINST_SMALL,
    finding:
      'UNVERIFIABLE: splits.train.root in clean.json is an address, not a digest: https://example.org/root.sha256',
    exitCode: 3,
  },
  {
    name: 'give half a digest',
    how: 'the root in clean.json is cut to 32 digits',
    attempt: (scene) => scene.editJson('clean.json', ({ splits: { train } }) => (train.root = train.root.slice(0, 39))),
    command: AGAINST_SMALL,
    finding: 'at "splits.train.root": not a digest',
    exitCode: 3,
  },
  {
    name: 'hide behind a version that nobody reads',
    how: 'clean.json says it is of version 2',
    attempt: (scene) => scene.editJson('clean.json', (manifest) => (manifest.format = 'assay-dataset-manifest/v2')),
    command: AGAINST_SMALL,
    finding: 'has the format assay-dataset-manifest/v2; this Assay reads assay-dataset-manifest/v1',
    exitCode: 3,
  },
  {
    name: 'add a field to a manifest',
    how: 'clean.json has "verified": true',
    attempt: (scene) => scene.editJson('clean.json', (manifest) => (manifest.verified = true)),
    command: AGAINST_SMALL,
    finding: 'Unrecognized key: "verified"',
    exitCode: 3,
  },
  {
    name: 'a link among the pictures',
    how: 'a picture is a link to a file elsewhere',
    attempt: (scene) => {
      renameSync(scene.path('photos/a/0.png'), scene.path('elsewhere.png'));
      symlinkSync('../../elsewhere.png', scene.path('photos/a/0.png'));
    },
    command: PHOTOS,
    finding: 'is a link or a special file, and is not followed. [dataset-link-refused]',
    exitCode: 3,
  },
  {
    name: 'a class that is the folder above',
    how: 'the folder of a class is a link to `..`',
    attempt: (scene) => {
      rmSync(scene.path('photos/d'), { recursive: true });
      symlinkSync('..', scene.path('photos/d'));
    },
    command: PHOTOS,
    finding: 'photos/d is a link or a special file, and is not followed. [dataset-link-refused]',
    exitCode: 3,
  },
  {
    name: 'a link in the place of the labels',
    how: 'the file of labels is a link to another one',
    attempt: (scene) => {
      rmSync(scene.path(`data/${LABELS}`));
      symlinkSync(`../poison/${LABELS}`, scene.path(`data/${LABELS}`));
    },
    command: AGAINST_SMALL,
    finding: `data/${LABELS} is a link or a special file, and is not followed. [dataset-link-refused]`,
    exitCode: 3,
  },
  {
    name: 'a file beside the classes',
    how: 'a picture lies in no class, where another reader may find it',
    attempt: (scene) => scene.edit('photos/a/0.png', (bytes) => scene.write('photos/1.png', bytes)),
    command: PHOTOS,
    finding: 'photos/1.png lies beside the folders of the classes',
    exitCode: 3,
  },
  {
    name: 'hide pixels behind transparency',
    how: 'a picture has an alpha channel, so that viewer and reader see different things',
    attempt: (scene) => scene.write('photos/b/0.png', scene.png(new Uint8Array(64).fill(90), 4)),
    command: PHOTOS,
    finding: 'photos/b/0.png cannot be read as a picture: parts of it are transparent. [image-unreadable]',
    exitCode: 3,
  },
  {
    name: 'flip a bit in a picture',
    how: 'one byte of the pixels of a PNG is another, its checksum is not',
    attempt: (scene) => scene.edit('photos/c/0.png', (bytes) => void (bytes[bytes.length - 20]! ^= 1)),
    command: PHOTOS,
    finding: 'photos/c/0.png cannot be read as a picture',
    exitCode: 3,
  },
  {
    name: 'cut an IDX file',
    how: 'the last 5 bytes of the images are missing',
    attempt: (scene) => scene.edit(`data/${IMAGES}`, (bytes) => bytes.subarray(0, -5)),
    command: AGAINST_SMALL,
    finding: 'at byte 331 expected 20 x 4 x 4 values, found the end of the file after 315. [idx-corrupt]',
    exitCode: 3,
  },
  {
    name: 'let an IDX header lie about the count',
    how: 'both headers say 19 records: the last would be read by a reader that goes by the size',
    attempt: (scene) => {
      scene.edit(`data/${IMAGES}`, (bytes) => void (bytes[7] = 19));
      scene.edit(`data/${LABELS}`, (bytes) => void (bytes[7] = 19));
    },
    command: AGAINST_SMALL,
    finding: 'expected the end of the file after 19 x 4 x 4 values, found 16 bytes more. [idx-corrupt]',
    exitCode: 3,
  },
  {
    name: 'fewer labels than images',
    how: 'the file of labels is of another dataset',
    attempt: (scene) => scene.edit(`poison/${LABELS}`, (bytes) => scene.write(`data/${LABELS}`, bytes)),
    command: AGAINST_SMALL,
    finding: `holds 4 labels; ${IMAGES} holds 20 images. [dataset-parts-differ]`,
    exitCode: 3,
  },
  {
    name: 'two versions of one file',
    how: 'beside the images lies a .gz of the same name: readers differ in which they take',
    attempt: (scene) => scene.write(`data/${IMAGES}.gz`, scene.gzip(`poison/${IMAGES}`)),
    command: AGAINST_SMALL,
    finding: `holds both ${IMAGES} and ${IMAGES}.gz for one set of records. [dataset-ambiguous]`,
    exitCode: 3,
  },
  {
    name: 'cut a gzip file',
    how: 'the images are under gzip, without the last 9 bytes',
    attempt: (scene) => {
      scene.write(`data/${IMAGES}.gz`, scene.gzip(`data/${IMAGES}`).subarray(0, -9));
      rmSync(scene.path(`data/${IMAGES}`));
    },
    command: AGAINST_SMALL,
    finding: 'is no sound gzip file: unexpected end of file. [dataset-file-corrupt]',
    exitCode: 3,
  },
  {
    name: 'cut a CIFAR-10 record',
    how: 'the last record of a batch lacks 73 bytes',
    attempt: (scene) => scene.edit('cifar/data_batch_1.bin', (bytes) => bytes.subarray(0, -73)),
    command: ['audit', 'dataset', './cifar', '--against', 'cifar.json'],
    finding: 'at byte 3073 expected a record of 3073 bytes, found 3000 bytes and the end of the file. [cifar-corrupt]',
    exitCode: 3,
  },
  {
    name: 'prove a poisoned record',
    how: 'the proof is sound, but for the poisoned dataset',
    attempt: (scene) => scene.writeProof('proof.json', joinSplits(TRAIN, POISON), 21),
    command: CHECK_PROOF,
    finding: 'not proved: the proof is for the root',
    exitCode: 3,
  },
  {
    name: 'write the published root into the proof of a poisoned record',
    how: 'only the root of the proof is replaced',
    attempt: (scene) => {
      let root = '';
      scene.editJson('clean.json', (manifest) => (root = manifest.splits.train.root));
      scene.writeProof('proof.json', joinSplits(TRAIN, POISON), 21);
      scene.editJson('proof.json', (proof) => (proof.root = root));
    },
    command: CHECK_PROOF,
    finding: 'not proved: the siblings do not lead from record 21 of 24 to the root in the file',
    exitCode: 3,
  },
  {
    name: 'swap the siblings of a proof',
    how: 'the first two siblings change places',
    attempt: (scene) =>
      scene.editJson('proof.json', ({ siblings }) => ([siblings[0], siblings[1]] = [siblings[1], siblings[0]])),
    command: CHECK_PROOF,
    finding: 'not proved: the siblings do not lead from record 7 of 20',
    exitCode: 3,
  },
  {
    name: 'claim another place for a proved record',
    how: 'the index in the proof is 6',
    attempt: (scene) => scene.editJson('proof.json', (proof) => (proof.index = 6)),
    command: CHECK_PROOF,
    finding: 'not proved: the siblings do not lead from record 6 of 20',
    exitCode: 3,
  },
  {
    name: 'claim another record for a proof',
    how: 'the record in the proof is a poisoned one',
    attempt: (scene) => scene.editJson('proof.json', (proof) => (proof.record = `sha256:${'cd'.repeat(32)}`)),
    command: ['prove', '--check', 'proof.json', '--manifest', 'full.json'],
    finding: 'not proved: the siblings do not lead from record 7 of 20',
    exitCode: 3,
  },
  {
    name: 'let a proof vouch for itself',
    how: 'nothing is edited: the proof is checked without a root from elsewhere',
    attempt: () => {},
    command: ['prove', '--check', 'proof.json'],
    finding: 'error[root-missing] a proof is checked against a root that did not come with it',
    exitCode: 2,
  },
];
