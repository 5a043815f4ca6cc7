/** Stops a stage: every process of it, the deaf ones too. */
import { findMarkedProcesses, findStageProcesses } from './processes.ts';

/** From SIGTERM to SIGKILL: long enough to write a checkpoint of some hundred megabytes. */
const GRACE_MS = 5_000;
/** A killed process is gone within a scheduler tick, unless it hangs in the kernel on a dead disk. */
const KILL_WAIT_MS = 5_000;
/** Python's resource tracker, for one, ends some milliseconds after its program. */
const SETTLE_MS = 200;
const POLL_MS = 20;

/**
 * Sends SIGTERM to all of a stage's processes, SIGKILL to those left after `graceMs`, and resolves when none is left, with the
 * ids of those that even that did not end. Idempotent; resolves at once when nothing runs.
 */
export function stopStage(leader: number, marker: string, graceMs: number = GRACE_MS): Promise<readonly number[]> {
  return stopAll(() => findStageProcesses(leader, marker), graceMs);
}

/** The same for whatever a dead engine left running in a sandbox, known only by its marker. `found`: how many there were. */
export async function stopMarked(
  marker: string,
  graceMs: number = GRACE_MS,
): Promise<{ readonly found: number; readonly survivors: readonly number[] }> {
  const found = findMarkedProcesses(marker).length;
  return { found, survivors: await stopAll(() => findMarkedProcesses(marker), graceMs) };
}

/**
 * Waits for what a program left behind when it exited: helpers that end on their own when it does are given a moment, then all
 * is stopped. `wasRunning` when something had to be.
 */
export async function settleStage(
  leader: number,
  marker: string,
  graceMs: number = GRACE_MS,
): Promise<{ readonly wasRunning: boolean; readonly survivors: readonly number[] }> {
  const findLive = (): number[] => findStageProcesses(leader, marker);
  if (await waitUntilGone(findLive, SETTLE_MS, () => undefined)) return { wasRunning: false, survivors: [] };
  return { wasRunning: true, survivors: await stopAll(findLive, graceMs) };
}

async function stopAll(findLive: () => number[], graceMs: number): Promise<readonly number[]> {
  const live = findLive();
  if (live.length === 0) return [];
  sendSignal(live, 'SIGTERM');
  if (await waitUntilGone(findLive, graceMs, () => undefined)) return [];
  // Again at every look: a process may have forked between being listed and being killed.
  if (await waitUntilGone(findLive, KILL_WAIT_MS, (left) => sendSignal(left, 'SIGKILL'))) return [];
  return findLive();
}

async function waitUntilGone(
  findLive: () => number[],
  limitMs: number,
  eachTime: (live: number[]) => void,
): Promise<boolean> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const live = findLive();
    if (live.length === 0) return true;
    if (waitedMs >= limitMs) return false;
    eachTime(live);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function sendSignal(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself between being listed and now: what was wanted.
    }
  }
}
