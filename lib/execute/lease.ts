/** One executor for an action key at a time, in however many processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import { HEARTBEAT_MS } from '../lineage/processes.ts';
import type { Lineage } from '../lineage/lineage.ts';

/** Half of the shortest wait that a person notices. */
const POLL_MS = 200;

export type LeaseLineage = Pick<Lineage, 'acquireLease' | 'renewLeases' | 'releaseLease'>;

/**
 * Waits for the lease of `key`, then runs `work` with it and gives it back, whatever `work` does. `onWaiting` is called once, when
 * another process has it. Resolves with null when the signal comes while waiting.
 */
export async function withLease<T>(
  lineage: LeaseLineage,
  key: Digest,
  instance: string,
  { signal, onWaiting }: { readonly signal: AbortSignal; readonly onWaiting: (pid: number) => void },
  work: () => Promise<T>,
): Promise<T | null> {
  for (let isFirst = true; ; isFirst = false) {
    const answer = lineage.acquireLease(key, process.pid, instance);
    if (answer.acquired) break;
    if (isFirst) onWaiting(answer.pid);
    // The signal only shortens the sleep: the loop's own test says the rest.
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return null;
  }
  try {
    return await work();
  } finally {
    lineage.releaseLease(key, process.pid);
  }
}

/** Shows other processes that this one lives. Call the result when no stage runs any more. */
export function startHeartbeat(lineage: LeaseLineage): () => void {
  const timer = setInterval(() => {
    try {
      lineage.renewLeases(process.pid);
    } catch (error) {
      // A busy or full database may take the next one. Should another process have taken over meanwhile, the commit is refused.
      if (!(error instanceof UserError)) throw error;
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}
