import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes, digestHex } from '../../lib/base/digest.ts';
import { digestPath } from '../../lib/store/digest-path.ts';
import {
  forgePack,
  lateClock,
  readTree,
  storeBreaches,
  temporaryStore,
  writeManyFiles,
} from '../support/temporary-store.ts';

const looseCount = (root: string): number =>
  readdirSync(join(root, 'artifacts/objects')).flatMap((name) => readdirSync(join(root, 'artifacts/objects', name)))
    .length;
const packCount = (root: string): number => readdirSync(join(root, 'artifacts/packs')).length;

describe('putOutput', () => {
  it('stores a file under its plain sha256, read-only, and its manifest under the digest of the artifact', () => {
    const { root, store, write } = temporaryStore();
    const artifact = store.putOutput(write('out.txt', 'hello\n'));
    const blob = digestBytes('hello\n');
    expect(store.readManifest(artifact.digest)).toEqual({
      form: 'file',
      entries: [{ path: '.', sizeBytes: 6, blob }],
    });
    const path = join(root, 'artifacts/objects', digestHex(blob).slice(0, 2), digestHex(blob).slice(2));
    expect(readFileSync(path, 'utf8')).toBe('hello\n');
    expect(statSync(path).mode & 0o777).toBe(0o444);
    expect(
      spawnSync('sha256sum', [
        join(root, 'artifacts/objects', digestHex(artifact.digest).replace(/^../, '$&/')),
      ]).stdout.toString(),
    ).toContain(digestHex(artifact.digest));
    expect(artifact).toEqual({ digest: artifact.digest, form: 'file', sizeBytes: 6, fileCount: 1 });
    expect(storeBreaches(root)).toEqual([]);
  });

  it('stores a folder in order of UTF-8, without its empty folders', () => {
    const { root, store, write, path } = temporaryStore();
    for (const name of ['b/c', 'b-', 'a', '\u{10000}', '\uffff', '\ufffd']) write(`out/${name}`, name);
    mkdirSync(path('out/empty'));
    const { digest } = store.putOutput(path('out'));
    expect(store.readManifest(digest).entries.map((entry) => entry.path)).toEqual([
      'a',
      'b-',
      'b/c',
      '\ufffd',
      '\uffff',
      '\u{10000}',
    ]);
    expect(store.describe(digest)).toEqual({ digest, form: 'directory', sizeBytes: 16, fileCount: 6 });
    expect(storeBreaches(root)).toEqual([]);
  });

  it('puts many small files in one pack, and large ones beside it', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 64);
    rig.write('out/large.bin', Buffer.alloc(200_000));
    const artifact = rig.store.putOutput(rig.path('out'));
    expect(artifact.fileCount).toBe(65);
    expect([packCount(rig.root), looseCount(rig.root)]).toEqual([1, 2]); // the large file and the manifest
    expect(storeBreaches(rig.root)).toEqual([]);
    expect(rig.reopen().readBlob(digestBytes('17\n')).toString()).toBe('17\n');
  });

  it('keeps 63 small files loose', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 63);
    rig.store.putOutput(rig.path('out'));
    expect([packCount(rig.root), looseCount(rig.root)]).toEqual([0, 64]);
  });

  it('stores nothing twice: not within an output, not in a pack what is loose, not loose what is in a pack', () => {
    const rig = temporaryStore();
    for (let i = 0; i < 100; i++) rig.write(`same/${i}`, 'same');
    rig.store.putOutput(rig.path('same'));
    expect([packCount(rig.root), looseCount(rig.root)]).toEqual([0, 2]);
    writeManyFiles(rig, 'many', 100);
    rig.write('many/same', 'same');
    rig.store.putOutput(rig.path('many'));
    expect([packCount(rig.root), looseCount(rig.root)]).toEqual([1, 3]);
    rig.store.putOutput(rig.path('many'));
    rig.reopen().putOutput(rig.write('one', '42\n'));
    writeFileSync(rig.path('many/00000.txt'), 'edited');
    rig.store.putOutput(rig.path('many'));
    // Two more manifests and the edited file.
    expect([packCount(rig.root), looseCount(rig.root)]).toEqual([1, 6]);
    expect([...rig.store.listBlobs()].length).toBe(new Set(rig.store.listBlobs()).size);
    expect(storeBreaches(rig.root)).toEqual([]);
  });

  it('replaces a blob that was altered when the same bytes are stored again', () => {
    const rig = temporaryStore();
    const blob = rig.store.putBytes(Buffer.from('right'));
    const path = join(rig.root, 'artifacts/objects', digestHex(blob).replace(/^../, '$&/'));
    rmSync(path);
    writeFileSync(path, 'wrong');
    expect(rig.reopen().putBytes(Buffer.from('right'))).toBe(blob);
    expect(readFileSync(path, 'utf8')).toBe('right');
    expect(readdirSync(rig.path('artifacts/quarantine/blobs'))).toEqual([
      `${digestHex(blob)}-${digestHex(digestBytes('wrong'))}`,
    ]);
  });

  it('replaces a blob of a pack that was edited and named by its new digest', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 100);
    const { digest } = rig.store.putOutput(rig.path('out'));
    forgePack(rig, '17\n');
    expect(rig.store.putOutput(rig.path('out')).digest).toBe(digest);
    expect(rig.reopen().readBlob(digestBytes('17\n')).toString()).toBe('17\n');
    expect(storeBreaches(rig.root)).toEqual([]);
  });

  it('refuses what is not there and what is empty', () => {
    const { root, store, path } = temporaryStore();
    expect(() => store.putOutput(path('none'))).toThrow(
      expect.objectContaining({
        code: 'output-missing',
        message: `output was not found: ${root}/none`,
        hint: 'The program ended without writing it. Write to the path given in the context, or remove the output from the stage.',
      }),
    );
    mkdirSync(path('empty/inner'), { recursive: true });
    expect(() => store.putOutput(path('empty'))).toThrow(
      expect.objectContaining({
        code: 'output-empty',
        message: `output is a folder without a file: ${root}/empty`,
        hint: 'Write at least one file into it.',
      }),
    );
  });

  it('refuses links, pipes, sockets and names that are not plain text, and names them', async () => {
    const { root, store, write, path } = temporaryStore();
    const refusal = (): string => {
      try {
        store.putOutput(path('out'));
        return 'stored';
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        return `${code}: ${message.replace(root, '')}`;
      } finally {
        rmSync(path('out'), { recursive: true, force: true });
      }
    };
    write('out/a', 'a');
    symlinkSync('a', path('out/link'));
    expect(refusal()).toBe('output-unsupported: output holds a symbolic link: /out/link');
    write('target', 'a');
    symlinkSync('target', path('out'));
    expect(refusal()).toBe('output-unsupported: output holds a symbolic link: /out');
    mkdirSync(path('out'));
    spawnSync('mkfifo', [path('out/pipe')]);
    expect(refusal()).toBe('output-unsupported: output holds a named pipe: /out/pipe');
    mkdirSync(path('out'));
    const server = createServer().listen(path('out/socket'));
    await new Promise((done) => server.once('listening', done));
    expect(refusal()).toBe('output-unsupported: output holds a socket: /out/socket');
    server.close();
    write('out/a\nb', 'x');
    expect(refusal()).toBe(
      'output-unsupported: output holds a file whose path "a\\nb" holds a control character: /out',
    );
    mkdirSync(path('out'));
    writeFileSync(Buffer.concat([Buffer.from(`${path('out')}/`), Buffer.from([0x61, 0xff])]), 'x');
    expect(refusal()).toBe(
      'output-unsupported: output holds a file whose name is not UTF-8 (shown as "a\ufffd"): /out',
    );
    write('out/a\ufffd', 'x');
    expect(refusal()).toBe('stored');
  });

  it('gives the digest that digestPath gives, for files, folders and packs', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'many', 70);
    rig.write('few/x/y', '1');
    rig.write('few/z', '2');
    for (const path of ['many', 'few', 'few/z']) {
      expect(digestPath(rig.path(path), rig.statCache, lateClock)).toMatchObject({
        ...rig.store.putInput(rig.path(path)),
      });
    }
  });
});

describe('findByPrefix', () => {
  it('finds loose and packed blobs, each once, in order', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 300);
    rig.store.putOutput(rig.path('out'));
    const all = [...rig.store.listBlobs()].sort();
    expect(all.length).toBe(301);
    for (const prefix of [
      '00',
      'a1',
      digestHex(all[7]!),
      digestHex(all[9]!).slice(0, 11),
      digestHex(all[9]!).slice(0, 20),
    ]) {
      expect(rig.store.findByPrefix(prefix)).toEqual(all.filter((digest) => digestHex(digest).startsWith(prefix)));
    }
    expect(rig.store.findByPrefix('zz')).toEqual([]);
  });
});

describe('putBlobs', () => {
  it('stores many small blobs in one pack', () => {
    const rig = temporaryStore();
    const texts = Array.from({ length: 100 }, (_, i) => `blob ${i}`);
    expect(rig.store.putBlobs(texts.map((text) => Buffer.from(text)))).toEqual(texts.map((text) => digestBytes(text)));
    expect([packCount(rig.root), looseCount(rig.root)]).toEqual([1, 0]);
    expect(rig.reopen().readBlob(digestBytes('blob 99')).toString()).toBe('blob 99');
  });
});

describe('a materialised pack', () => {
  it('is what went in', () => {
    const rig = temporaryStore();
    writeManyFiles(rig, 'out', 200);
    rig.store.materialise(rig.store.putOutput(rig.path('out')).digest, rig.path('again'));
    expect(readTree(rig.path('again'))).toEqual(readTree(rig.path('out')));
  });
});
