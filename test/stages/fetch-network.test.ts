import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublishedDataset } from '../../stages/common/fetch/catalogue.ts';
import { downloadContents } from '../../stages/common/fetch/network.ts';
import { stream } from '../../stages/common/rng.ts';
import { serveFile, type FileServer, type Step } from '../support/file-server.ts';

// Noise, so that gzip does not shrink it: large enough to come in several pieces.
const random = stream(1, 'test-file');
const CONTENT = Uint8Array.from({ length: 300_000 }, () => random.below(256));
const FILE = gzipSync(CONTENT);
const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;
const QUICK = { retries: 3, retryDelayMs: 1, stallMs: 300 };

let folder: string;
let servers: FileServer[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-download-'));
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function serve(steps: readonly Step[], bytes: Uint8Array = FILE): Promise<FileServer> {
  const server = await serveFile(bytes, steps);
  servers.push(server);
  return server;
}

function datasetAt(...addresses: readonly string[]): PublishedDataset {
  return {
    name: 'test',
    classes: ['a'],
    shape: [1, 1, 1],
    counts: { train: 1, test: 1 },
    contents: [{ name: 'noise', digest: DIGEST }],
    downloads: [{ fileName: 'noise.gz', holds: ['noise'], addresses }],
    mirrorFolders: [],
    archivePattern: null,
  };
}

async function get(...addresses: readonly string[]): Promise<string> {
  const dataset = datasetAt(...addresses);
  try {
    const contents = await downloadContents(dataset, dataset.contents, folder, QUICK);
    return Buffer.compare(contents.get('noise') as Uint8Array, CONTENT) === 0 ? 'the content' : 'other bytes';
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return `${code}: ${message}\n  ${hint}`.replace(/127\.0\.0\.1:\d+/g, '<host>').replace(/\(\d+ bytes\)/, '(<size>)');
  }
}

const half = Math.floor(FILE.length / 2);

describe('downloads', () => {
  it('bring a file and unpack it', async () => {
    const server = await serve([]);
    expect(await get(server.address)).toBe('the content');
    expect(server.requests).toEqual(['GET /file']);
  });

  it('go on from where a cut connection left them, however often, as long as something comes', async () => {
    const cut: Step = { kind: 'cut', afterBytes: 40_000 };
    const server = await serve([cut, cut, cut, cut, cut, cut]);
    expect(await get(server.address)).toBe('the content');
    expect(server.requests).toHaveLength(7);
    expect(server.requests.slice(1).every((request) => /^GET \/file bytes=\d+-$/.test(request))).toBe(true);
  });

  it('go on from what an earlier execution left', async () => {
    const first = await serve([
      { kind: 'cut', afterBytes: half },
      ...Array<Step>(4).fill({ kind: 'status', status: 503 }),
    ]);
    expect(await get(first.address)).toMatch(/^dataset-unreachable/);
    const [partial] = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    expect(await get(first.address)).toBe('the content');
    expect(first.requests.at(-1)).toBe(`GET /file bytes=${partial}-`);
  });

  it('begin again when the server knows no ranges', async () => {
    const server = await serve([{ kind: 'cut', afterBytes: half }, { kind: 'serve-whole' }]);
    expect(await get(server.address)).toBe('the content');
  });

  it('need nothing more when the file is whole already', async () => {
    const server = await serve([]);
    await get(server.address);
    expect(await get(server.address)).toBe('the content');
    expect(server.requests).toEqual(['GET /file', `GET /file bytes=${FILE.length}-`]);
  });

  it('give up on a server that cuts at the same place for ever and knows no ranges', async () => {
    const server = await serve(Array<Step>(30).fill({ kind: 'cut', afterBytes: half, ignoresRange: true }));
    expect(await get(server.address)).toMatch(/^dataset-unreachable: cannot download noise.gz:\n {2}http.*file: /);
    // The first brought something; the four after it brought nothing new.
    expect(server.requests).toHaveLength(5);
  });

  it('try again after a passing fault of the server', async () => {
    const server = await serve([
      { kind: 'status', status: 500 },
      { kind: 'status', status: 429 },
    ]);
    expect(await get(server.address)).toBe('the content');
  });

  it('cut a connection that brings nothing, and try again', async () => {
    const server = await serve([{ kind: 'stall' }]);
    expect(await get(server.address)).toBe('the content');
    expect(server.requests).toHaveLength(2);
  });

  it('ask an address that has not the file only once, and go to the next', async () => {
    const [gone, good] = [await serve(Array<Step>(9).fill({ kind: 'status', status: 404 })), await serve([])];
    expect(await get(gone.address, good.address)).toBe('the content');
    expect(gone.requests).toHaveLength(1);
  });

  it('pass over an address that sends other bytes, and keep none of them', async () => {
    const [wrong, good] = [await serve([], gzipSync('an error page')), await serve([])];
    expect(await get(wrong.address, good.address)).toBe('the content');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('name both digests when nobody sends the published bytes', async () => {
    const wrong = await serve([], gzipSync('an error page'));
    expect((await get(wrong.address)).replace(DIGEST, '<published>')).toMatchInlineSnapshot(`
      "dataset-digest-wrong: noise from http://<host>/file is not the published file: expected <published>, found sha256:afcdaf6e4c147311d2dcdbd839cf3d254aabd090926147fa99f66f878e036c97 (<size>).
        replace the file, or take it from another place: nothing was made of it"
    `);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('say that compression is broken when it is', async () => {
    const cut = await serve([], FILE.subarray(0, half));
    expect((await get(cut.address)).replaceAll(folder, '<folder>').replace(/[0-9a-f]{12}-/, '')).toMatchInlineSnapshot(`
      "dataset-file-corrupt: <folder>/noise.gz is no sound gzip file: unexpected end of file.
        the file was cut off or altered: replace it"
    `);
  });

  it('begin once more from nothing when what was kept does not fit what came', async () => {
    const server = await serve([]);
    await get(server.address);
    const [name] = readdirSync(folder) as [string];
    writeFileSync(join(folder, name), Buffer.alloc(1000, 7));
    expect(await get(server.address)).toBe('the content');
    expect(server.requests.slice(1)).toEqual(['GET /file bytes=1000-', 'GET /file']);
  });

  it('name every address and the way out when the network is closed', async () => {
    const server = await serve([]);
    await server.close();
    servers = [];
    const text = await get(server.address, 'http://host.invalid/file');
    // The resolver's words differ: ENOTFOUND on an open network, EAI_AGAIN on a closed one.
    expect(text.replace(/getaddrinfo \w+/, 'getaddrinfo <reason>')).toMatchInlineSnapshot(`
      "dataset-unreachable: cannot download noise.gz:
        http://<host>/file: connect ECONNREFUSED <host>
        http://host.invalid/file: getaddrinfo <reason> host.invalid
        check the network, or take the dataset from a folder on this machine: --set mirror=FOLDER"
    `);
    expect(existsSync(folder)).toBe(true);
  });
});
