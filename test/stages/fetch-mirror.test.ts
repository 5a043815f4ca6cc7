import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublishedDataset } from '../../stages/common/fetch/catalogue.ts';
import { readMirror } from '../../stages/common/fetch/mirror.ts';
import { unpackFile } from '../../stages/common/fetch/unpack.ts';

const ONE = Buffer.from('first content'.repeat(5000));
const TWO = Buffer.from('second content'.repeat(5000));
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const DATASET: PublishedDataset = {
  name: 'pair',
  classes: ['a'],
  shape: [1, 1, 1],
  counts: { train: 1, test: 1 },
  contents: [
    { name: 'one-idx1-ubyte', digest: digestOf(ONE) },
    { name: 'two.bin', digest: digestOf(TWO) },
  ],
  downloads: [{ fileName: 'pair.tar.gz', holds: ['one-idx1-ubyte', 'two.bin'], addresses: [] }],
  mirrorFolders: ['pair', 'pair-1'],
  archivePattern: /^pair.*\.(tar|tar\.gz|tgz|tar\.xz)$/,
};

let mirror: string;
beforeEach(() => {
  mirror = mkdtempSync(join(tmpdir(), 'assay-mirror-'));
});
afterEach(() => rmSync(mirror, { recursive: true, force: true }));

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(mirror, path)), { recursive: true });
  writeFileSync(join(mirror, path), bytes);
}

async function outcome(): Promise<string> {
  try {
    const contents = await readMirror(mirror, DATASET, DATASET.contents);
    const isRight =
      Buffer.compare(contents.get('one-idx1-ubyte') as Uint8Array, ONE) === 0 &&
      Buffer.compare(contents.get('two.bin') as Uint8Array, TWO) === 0;
    return isRight ? 'both' : 'other bytes';
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return `${code}: ${message}\n  ${hint}`.replaceAll(mirror, '<mirror>');
  }
}

/** Puts an archive of both files, inside a folder as CIFAR-10's is, under `name`. */
async function putArchive(name: string, gzip: boolean): Promise<void> {
  put('staging/pair-files/one-idx1-ubyte', ONE);
  put('staging/pair-files/two.bin', TWO);
  const made = join(mirror, 'staging/made');
  await create({ file: made, cwd: join(mirror, 'staging'), gzip, portable: true }, ['pair-files']);
  copyFileSync(made, join(mirror, name));
  rmSync(join(mirror, 'staging'), { recursive: true });
}

describe('a mirror', () => {
  it('may hold the files plain or in gzip, in itself or in a folder of the dataset', async () => {
    put('one-idx1-ubyte', ONE);
    put('two.bin', TWO);
    expect(await outcome()).toBe('both');
    rmSync(join(mirror, 'two.bin'));
    put('pair-1/two.bin.gz', gzipSync(TWO));
    expect(await outcome()).toBe('both');
  });

  it('may spell names as some copies of MNIST do', async () => {
    put('pair/one.idx1-ubyte', ONE);
    put('pair/two.bin', TWO);
    expect(await outcome()).toBe('both');
  });

  it('may hold an archive, compressed or not, whatever it is called', async () => {
    await putArchive('pair-files.tar.gz', true);
    expect(await outcome()).toBe('both');
    rmSync(join(mirror, 'pair-files.tar.gz'));
    await putArchive('pair.tar', false);
    expect(await outcome()).toBe('both');
    rmSync(join(mirror, 'pair.tar'));
    await putArchive('pair-misnamed.tar.xz', true);
    expect(await outcome()).toBe('both');
  });

  it('that is no folder is refused', async () => {
    rmSync(mirror, { recursive: true });
    expect(await outcome()).toMatchInlineSnapshot(`
      "mirror-missing: the mirror <mirror> is not a folder.
        give a folder that holds pair: --set mirror=FOLDER"
    `);
  });

  it('that lacks files names them, and where it looked', async () => {
    put('pair/one-idx1-ubyte', ONE);
    expect(await outcome()).toMatchInlineSnapshot(`
      "dataset-file-missing: the mirror <mirror> lacks two.bin of pair (looked in <mirror>, <mirror>/pair).
        put each there as it is, as .gz or as .xz or an archive pair.tar.gz; or leave mirror null to download"
    `);
  });

  it('with one wrong byte is refused, with both digests', async () => {
    const wrong = Buffer.from(TWO);
    wrong[1234]! ^= 1;
    put('one-idx1-ubyte', ONE);
    put('two.bin', wrong);
    expect(await outcome()).toMatchInlineSnapshot(`
      "dataset-digest-wrong: two.bin from <mirror>/two.bin is not the published file: expected sha256:e72cb45387ae4a2ef7031949ee64d7aac5195845d8ca468ac2a0e2c4fc2d7e47, found sha256:a98befe7ba58e506c7e9abdb1ef1cadf5edd34e72eacaa7ded26abcf51abc372 (70000 bytes).
        replace the file, or take it from another place: nothing was made of it"
    `);
  });

  it('with a file that is cut off is refused, in gzip, in an archive and in an archive in gzip', async () => {
    put('one-idx1-ubyte', ONE);
    put('two.bin.gz', gzipSync(TWO).subarray(0, -20));
    const outcomes = [await outcome()];
    rmSync(join(mirror, 'two.bin.gz'));
    for (const gzip of [true, false]) {
      await putArchive('pair.tar', gzip);
      put('pair.tar', readFileSync(join(mirror, 'pair.tar')).subarray(0, gzip ? -20 : -60_000));
      outcomes.push(await outcome());
    }
    expect(outcomes).toMatchInlineSnapshot(`
      [
        "dataset-file-corrupt: <mirror>/two.bin.gz is no sound gzip file: unexpected end of file.
        the file was cut off or altered: replace it",
        "dataset-file-corrupt: <mirror>/pair.tar is no sound gzip file: unexpected end of file.
        the file was cut off or altered: replace it",
        "dataset-file-corrupt: <mirror>/pair.tar is no sound tar file: TAR_BAD_ARCHIVE: Truncated input (needed 58976 more bytes, only 0 available).
        the file was cut off or altered: replace it",
      ]
    `);
  });
});

describe('unpackFile', () => {
  // printf small | xz | base64
  const XZ = Buffer.from(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEc21hbGwAAAAAPG+8dMV0EoQAAR0FuC2Arx+2830BAAAAAARZWg==',
    'base64',
  );

  it('reads .xz, and refuses one that is cut off or altered', async () => {
    put('small.xz', XZ);
    expect(Buffer.from(await unpackFile(join(mirror, 'small.xz'))).toString()).toBe('small');
    put('small.xz', XZ.subarray(0, -30));
    await expect(unpackFile(join(mirror, 'small.xz'))).rejects.toMatchObject({ code: 'dataset-file-corrupt' });
    put(
      'small.xz',
      XZ.map((byte, i) => (i === 30 ? byte ^ 1 : byte)),
    );
    await expect(unpackFile(join(mirror, 'small.xz'))).rejects.toMatchObject({ code: 'dataset-file-corrupt' });
  });

  it('leaves a plain or empty file as it is', async () => {
    for (const bytes of [Buffer.from('plain'), Buffer.alloc(0)]) {
      put('plain', bytes);
      expect(Buffer.compare(await unpackFile(join(mirror, 'plain')), bytes)).toBe(0);
    }
  });
});
