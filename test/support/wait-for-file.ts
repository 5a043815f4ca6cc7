/** Waits for what other processes do, without asking again and again. */
import { existsSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Resolves when there is a file at `path`. Its folder must exist. */
export function fileAppears(path: string): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(dirname(path), (_event, name) => (name === null || name === basename(path)) && check());
    check();
  });
}
