/** A process of its own that uses a store, for tests of crashes and locks: `node child.mjs <project> <what> [argument]`. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { systemClock } from '../../lib/base/clock.ts';
import { ArtifactStore } from '../../lib/store/artifact-store.ts';
import { MemoryStatCache } from '../support/memory-stat-cache.ts';

const [root, what, argument] = process.argv.slice(2) as [string, string, string];

/** Kills this process just before its n-th call that changes the disk. */
function dieBefore(n: number): void {
  let calls = 0;
  for (const name of ['openSync', 'writeSync', 'fchmodSync', 'fsyncSync', 'renameSync', 'mkdirSync'] as const) {
    const real = fs[name] as (...args: unknown[]) => unknown;
    (fs as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
      // Opening to read changes nothing; the store opens to write with 'wx' only.
      if ((name !== 'openSync' || args[1] === 'wx') && ++calls === n) process.kill(process.pid, 'SIGKILL');
      return real(...args);
    };
  }
  syncBuiltinESMExports();
}

const uid = process.env['ASSAY_TEST_UID'];
if (uid !== undefined) process.setuid?.(Number(uid));

const store = ArtifactStore.open(root, { clock: systemClock, statCache: new MemoryStatCache() });
switch (what) {
  case 'die-in-put':
    dieBefore(Number(argument));
    store.putOutput(join(root, 'out'));
    console.log('survived');
    break;
  case 'put':
    console.log(store.putOutput(join(root, argument)).digest);
    break;
  case 'die-in-sweep':
    store.sweep(() => process.kill(process.pid, 'SIGKILL'));
    break;
  case 'put-and-hold':
    console.log(store.putOutput(join(root, argument)).digest);
    process.stdin.resume(); // until the parent ends us
    break;
}
