/** The assay processes that hold leases, runs and executions, and which of them are still alive. */
import type { Clock } from '../base/clock.ts';
import type { Connection } from './connection.ts';
import { hostIdentity, isSameProcess, processBirth } from './process-identity.ts';

/** How often the holder of a lease renews it. */
export const HEARTBEAT_MS = 2_000;
/** Five missed heartbeats. Only asked of a process whose pid means nothing here: in another container, or before a reboot. */
export const STALE_LEASE_MS = 5 * HEARTBEAT_MS;

export interface ProcessRow {
  readonly host: string;
  readonly pid: number;
  readonly birth: string;
  readonly heartbeat_at_ms: number;
}

export class Processes {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #birthByPid = new Map<number, string>();

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** The row of a process of this host, with a fresh heartbeat. Only inside `write`. */
  register(pid: number): number {
    const row = this.#connection.get<{ id: number }>(
      `INSERT INTO process (host, pid, birth, heartbeat_at_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (host, pid, birth) DO UPDATE SET heartbeat_at_ms = excluded.heartbeat_at_ms RETURNING id`,
      hostIdentity(),
      pid,
      this.#birthOf(pid),
      this.#clock.nowMs(),
    );
    return (row as { id: number }).id;
  }

  /** Renews all that the process holds at once. */
  renew(pid: number): void {
    this.#connection.run(
      'UPDATE process SET heartbeat_at_ms = ? WHERE host = ? AND pid = ? AND birth = ?',
      this.#clock.nowMs(),
      hostIdentity(),
      pid,
      this.#birthOf(pid),
    );
  }

  /** `isRunning` answers for the pids of this host; a pid that was given to another process meanwhile is found out here. */
  isAlive(row: ProcessRow, isRunning: (pid: number) => boolean = () => true): boolean {
    if (row.host !== hostIdentity()) return this.#clock.nowMs() - row.heartbeat_at_ms < STALE_LEASE_MS;
    if (!isRunning(row.pid)) return false;
    // A process unseen when it registered has no birth to compare: `isRunning` alone decides.
    return row.birth === '' || isSameProcess(row.pid, row.birth);
  }

  #birthOf(pid: number): string {
    // Only our own process surely still has the pid that it had when last asked.
    const known = pid === process.pid ? this.#birthByPid.get(pid) : undefined;
    if (known !== undefined) return known;
    const birth = processBirth(pid) ?? '';
    this.#birthByPid.set(pid, birth);
    return birth;
  }
}

/** For Lineage.markLost and leases: whether this host has a process with this pid. */
export function isProcessRunning(pid: number): boolean {
  return processBirth(pid) !== undefined;
}
