/** Waits for what other processes do, without asking again and again. */
import { existsSync, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Resolves when there is a file at `path`, with `text` in it if given: one that is replaced whole. Its folder must exist. */
export function fileAppears(path: string, text = ''): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!existsSync(path) || (text !== '' && !readFileSync(path, 'utf8').includes(text))) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(dirname(path), (_event, name) => (name === null || name === basename(path)) && check());
    check();
  });
}
