/** Which process a pid means: a pid is used again, after a reboot, and in every container. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemErrorCode } from '../base/errors.ts';

let host: string | undefined;

/** Where a pid means something: the host name and, on Linux, this boot of it and the pid namespace. */
export function hostIdentity(): string {
  host ??= [hostname(), readBootId(), readPidNamespace()].filter((part) => part !== '').join(' ');
  return host;
}

/** When the process began, in clock ticks since boot; '' where that cannot be known; undefined when there is no such process. */
export function processBirth(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  if (stat === '') return exists(pid) ? '' : undefined;
  // proc(5): `pid (comm) state …`, and the command may hold spaces and brackets. State is field 3, the start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not looked yet.
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return fields[22 - 3] ?? '';
}

/** Whether the process born then still runs under this pid. An unknown birth ('') matches any. */
export function isSameProcess(pid: number, birth: string): boolean {
  const found = processBirth(pid);
  return found !== undefined && (found === birth || found === '' || birth === '');
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return systemErrorCode(error) === 'EPERM';
  }
}

function readBootId(): string {
  return readOrEmpty('/proc/sys/kernel/random/boot_id').trim();
}

function readPidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // Not Linux, or /proc is not mounted.
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // Not Linux, hidden, or gone: the callers treat all three alike.
  }
}
