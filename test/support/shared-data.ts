/** The real datasets, where this machine has them: ../shared/data beside the repository, or the folder that ASSAY_SHARED names. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SHARED = process.env['ASSAY_SHARED'] ?? join(REPOSITORY, '../shared');

/** The folder with mnist/, fashion-mnist/ and cifar-10/; null where it is absent. Use it with `describe.skipIf(sharedData === null)`. */
export const sharedData: string | null = findSharedData();

function findSharedData(): string | null {
  const folder = join(SHARED, 'data');
  if (existsSync(join(folder, 'mnist'))) return folder;
  process.stderr.write(`no real datasets in ${folder}: the tests that read them are skipped (set ASSAY_SHARED)\n`);
  return null;
}
