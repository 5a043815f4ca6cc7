/** Cleans up after an engine that was killed: its executions are marked, what still runs of them is stopped. */
import { isProcessRunning } from '../lineage/processes.ts';
import { contextPathOf, markerOf, sandboxFolder } from './sandbox-paths.ts';
import { stopMarked } from './stop-group.ts';
import type { RunDeps } from './task.ts';

/**
 * Call before anything runs. A sandbox whose key another live process has meanwhile taken over is left alone: that process has
 * stopped what it found there.
 */
export async function stopLostExecutions({ lineage, store, emit, graceMs }: RunDeps): Promise<void> {
  for (const { key, instance } of lineage.markLost(isProcessRunning)) {
    if (!lineage.acquireLease(key, process.pid, instance).acquired) continue;
    try {
      const marker = markerOf(contextPathOf(sandboxFolder(store.paths.staging, key)));
      const { found, survivors } = await stopMarked(marker, graceMs);
      if (found === 0) continue;
      const rest = survivors.length === 0 ? 'were stopped' : `are stopped but for ${survivors.join(', ')}`;
      emit({
        kind: 'warning',
        message: `an earlier run was killed; ${found} processes it left in ${instance} ${rest}`,
      });
    } finally {
      lineage.releaseLease(key, process.pid);
    }
  }
}
