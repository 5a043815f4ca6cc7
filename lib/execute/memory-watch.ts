/** The most memory that a stage held, by looking now and then. */
import { findSessionProcesses, readMemory } from './processes.ts';

const FIRST_LOOK_MS = 10;
const LAST_INTERVAL_MS = 500;

/**
 * Looks at the stage's processes at growing intervals until stopped. `stop` gives the larger of: the largest peak of one process
 * (exact, kept by the kernel), and the largest sum over all of them at one look. Null when there was no look or no /proc.
 */
export function watchMemory(leader: number): { stop(): number | null } {
  let peakBytes: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const memory = findSessionProcesses(leader)
      .map(readMemory)
      .filter((found) => found !== undefined);
    const sumBytes = memory.reduce((sum, { nowBytes }) => sum + nowBytes, 0);
    const seenBytes = Math.max(sumBytes, ...memory.map((found) => found.peakBytes));
    if (seenBytes > 0) peakBytes = Math.max(peakBytes ?? 0, seenBytes);
  };
  const lookAgainIn = (delayMs: number): void => {
    timer = setTimeout(() => {
      look();
      lookAgainIn(Math.min(delayMs * 2, LAST_INTERVAL_MS));
    }, delayMs);
    timer.unref();
  };
  lookAgainIn(FIRST_LOOK_MS);
  return {
    stop: () => {
      clearTimeout(timer);
      return peakBytes;
    },
  };
}
