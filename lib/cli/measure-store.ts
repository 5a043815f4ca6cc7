/** What the store weighs on disk. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreSize } from '../report/render-status.ts';

/** Blobs and packs; links in the view and sandboxes under way are not counted. */
export function measureStore(paths: { readonly objects: string; readonly packs: string }): StoreSize {
  let sizeBytes = 0;
  let fileCount = 0;
  for (const folder of [paths.objects, paths.packs]) {
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      sizeBytes += statSync(join(entry.parentPath, entry.name)).size;
      fileCount++;
    }
  }
  return { sizeBytes, fileCount };
}
