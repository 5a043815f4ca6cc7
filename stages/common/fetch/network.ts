/** Published files from the network: each address of the table in turn, until the bytes are the published ones. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reportMessage, reportProgress } from '../../../lib/stage-api/report.ts';
import { StageError } from '../../../lib/stage-api/stage-error.ts';
import type { Content, Download, PublishedDataset } from './catalogue.ts';
import { proveContent, type Contents } from './content.ts';
import { download, DOWNLOAD_DEFAULTS, DownloadFailure, type DownloadOptions } from './download.ts';
import { unpackArchive, unpackFile } from './unpack.ts';

/**
 * Downloads what the wanted contents need and proves it. Partial files are kept in `folder`, so that a later execution goes on from
 * there. Throws StageError 'dataset-unreachable' with the reason of every address, or 'dataset-digest-wrong' when one of them sent
 * other bytes and none the right ones.
 */
export async function downloadContents(
  dataset: PublishedDataset,
  wanted: readonly Content[],
  folder: string,
  options: Partial<DownloadOptions> = {},
): Promise<Contents> {
  const contents = new Map<string, Uint8Array>();
  for (const item of dataset.downloads) {
    const held = wanted.filter((content) => item.holds.includes(content.name));
    if (held.length === 0) continue;
    for (const [name, bytes] of await obtain(item, held, folder, options)) contents.set(name, bytes);
  }
  return contents;
}

async function obtain(
  item: Download,
  wanted: readonly Content[],
  folder: string,
  options: Partial<DownloadOptions>,
): Promise<Contents> {
  const refusals: string[] = [];
  let wrongBytes: StageError | undefined;
  for (const address of item.addresses) {
    const path = join(folder, `${createHash('sha256').update(address).digest('hex').slice(0, 12)}-${item.fileName}`);
    const isResumed = existsSync(path);
    let outcome = await tryAddress(address, path, item, wanted, options);
    // The file at the address may have changed since its beginning was kept: once more, from nothing.
    if (isResumed && outcome instanceof StageError) outcome = await tryAddress(address, path, item, wanted, options);
    if (!(outcome instanceof Error)) return outcome;
    if (outcome instanceof StageError) {
      wrongBytes ??= outcome;
      reportMessage(`${outcome.code}: ${outcome.message}`);
    }
    refusals.push(`${address}: ${outcome.message}`);
  }
  throw wrongBytes ?? unreachable(item, refusals);
}

/** The contents from one address, or why not: it could not be reached, or (StageError) what it sent is wrong. */
async function tryAddress(
  address: string,
  path: string,
  item: Download,
  wanted: readonly Content[],
  options: Partial<DownloadOptions>,
): Promise<Contents | DownloadFailure | StageError> {
  const onProgress = (done: number, total: number): void =>
    reportProgress({ done, total, unit: 'bytes', label: item.fileName });
  try {
    await download(address, path, { ...DOWNLOAD_DEFAULTS, onProgress, ...options });
    return await readDownload(item, wanted, path, address);
  } catch (error) {
    if (error instanceof DownloadFailure) return error;
    if (!(error instanceof StageError)) throw error;
    // Never kept: going on from wrong bytes would give wrong bytes for ever.
    rmSync(path, { force: true });
    return error;
  }
}

async function readDownload(
  item: Download,
  wanted: readonly Content[],
  path: string,
  address: string,
): Promise<Contents> {
  const isArchive = item.holds.length > 1;
  const found = isArchive
    ? await unpackArchive(path, new Set(wanted.map((content) => content.name)), () => {})
    : new Map([[item.holds[0] as string, await unpackFile(path)]]);
  for (const content of wanted) {
    const bytes = found.get(content.name);
    if (bytes === undefined) {
      throw new StageError('dataset-file-missing', `${address} holds no ${content.name}.`, {
        hint: 'take the dataset from a folder: --set mirror=FOLDER',
      });
    }
    proveContent(content, bytes, address);
  }
  return found;
}

function unreachable(item: Download, refusals: readonly string[]): StageError {
  return new StageError('dataset-unreachable', `cannot download ${item.fileName}:\n  ${refusals.join('\n  ')}`, {
    hint: 'check the network, or take the dataset from a folder on this machine: --set mirror=FOLDER',
  });
}
