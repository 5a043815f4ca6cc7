/** Leases: at most one executor for an action key, across processes. */
import type { Clock } from '../base/clock.ts';
import type { Digest } from '../base/digest.ts';
import type { Connection } from './connection.ts';
import { isProcessRunning, type ProcessRow, type Processes } from './processes.ts';

export type LeaseAnswer = { readonly acquired: true } | { readonly acquired: false; readonly pid: number };

export class Leases {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #processes: Processes;

  constructor(connection: Connection, clock: Clock, processes: Processes) {
    this.#connection = connection;
    this.#clock = clock;
    this.#processes = processes;
  }

  /**
   * Takes the lease when it is free, when its holder is gone, or when this very instance of this process has it already (another
   * attempt). Two instances of one process exclude each other like two processes.
   */
  acquire(key: Digest, pid: number, instance: string): LeaseAnswer {
    return this.#connection.write(() => {
      const processId = this.#processes.register(pid);
      const holder = this.#connection.get<ProcessRow & { process_id: number; instance: string }>(
        `SELECT process_id, instance, host, pid, birth, heartbeat_at_ms
         FROM lease JOIN process ON process.id = process_id WHERE key = ?`,
        key,
      );
      const isOurs = holder?.process_id === processId && holder.instance === instance;
      if (holder !== undefined && !isOurs && this.#processes.isAlive(holder, isProcessRunning)) {
        return { acquired: false, pid: holder.pid };
      }
      this.#connection.run(
        'INSERT OR REPLACE INTO lease (key, process_id, instance, acquired_at_ms) VALUES (?, ?, ?, ?)',
        key,
        processId,
        instance,
        this.#clock.nowMs(),
      );
      return { acquired: true };
    });
  }

  /** Whether nobody took the lease over since this process acquired it. */
  isHeldBy(key: Digest, pid: number): boolean {
    return this.#connection.write(() => {
      const processId = this.#processes.register(pid);
      const sql = 'SELECT 1 FROM lease WHERE key = ? AND process_id = ?';
      return this.#connection.get(sql, key, processId) !== undefined;
    });
  }

  /** The heartbeat of a process: call it every HEARTBEAT_MS while it runs stages. */
  renew(pid: number): void {
    this.#connection.write(() => this.#processes.renew(pid));
  }

  /** Idempotent; never takes away what another process took over. */
  release(key: Digest, pid: number): void {
    this.#connection.write(() => {
      this.#connection.run('DELETE FROM lease WHERE key = ? AND process_id = ?', key, this.#processes.register(pid));
    });
  }
}
