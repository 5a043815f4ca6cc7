/** Published files from a folder on this machine. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reportProgress } from '../../../lib/stage-api/report.ts';
import { StageError } from '../../../lib/stage-api/stage-error.ts';
import type { Content, PublishedDataset } from './catalogue.ts';
import { proveContent, type Contents } from './content.ts';
import { unpackArchive, unpackFile } from './unpack.ts';

/**
 * Reads the wanted contents from a mirror: plain or compressed files, else archives, in the folder itself or in its folder for the
 * dataset. Never falls back to the network. Throws StageError 'mirror-missing', 'dataset-file-missing', 'dataset-file-corrupt' or
 * 'dataset-digest-wrong'.
 */
export async function readMirror(
  mirror: string,
  dataset: PublishedDataset,
  wanted: readonly Content[],
): Promise<Contents> {
  if (!statSync(mirror, { throwIfNoEntry: false })?.isDirectory()) {
    throw new StageError('mirror-missing', `the mirror ${mirror} is not a folder.`, {
      hint: `give a folder that holds ${dataset.name}: --set mirror=FOLDER`,
    });
  }
  const folders = [mirror, ...dataset.mirrorFolders.map((name) => join(mirror, name))].filter((path) =>
    existsSync(path),
  );
  const contents = new Map<string, Uint8Array>();
  const missing = new Map(wanted.map((content) => [content.name, content]));
  const take = (content: Content, bytes: Uint8Array, from: string): void => {
    proveContent(content, bytes, from);
    contents.set(content.name, bytes);
    missing.delete(content.name);
  };

  for (const content of wanted) {
    const path = findFile(folders, content.name);
    if (path !== undefined) take(content, await unpackFile(path), path);
  }
  for (const path of findArchives(folders, dataset.archivePattern)) {
    if (missing.size === 0) break;
    const members = await unpackArchive(path, new Set(missing.keys()), (done, total) =>
      reportProgress({ done, total, unit: 'bytes', label: path }),
    );
    for (const [name, bytes] of members) take(missing.get(name) as Content, bytes, path);
  }
  if (missing.size > 0) throw missingFiles(mirror, folders, dataset, [...missing.keys()]);
  return contents;
}

function findFile(folders: readonly string[], name: string): string | undefined {
  // Some copies of MNIST write `train-images.idx3-ubyte`.
  const names = [name, name.replace('-idx', '.idx')];
  const candidates = folders.flatMap((folder) =>
    ['', '.gz', '.xz'].flatMap((ending) => names.map((stem) => join(folder, stem + ending))),
  );
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

function findArchives(folders: readonly string[], pattern: RegExp | null): string[] {
  if (pattern === null) return [];
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => join(folder, name)),
  );
}

function missingFiles(
  mirror: string,
  folders: readonly string[],
  dataset: PublishedDataset,
  names: readonly string[],
): StageError {
  const archives = dataset.archivePattern === null ? '' : ` or an archive ${dataset.downloads[0]?.fileName}`;
  const where = folders.length > 1 ? ` (looked in ${folders.join(', ')})` : '';
  return new StageError(
    'dataset-file-missing',
    `the mirror ${mirror} lacks ${names.join(', ')} of ${dataset.name}${where}.`,
    {
      hint: `put each there as it is, as .gz or as .xz${archives}; or leave mirror null to download`,
    },
  );
}
