/** Which processes belong to a stage, read from /proc. */
import { readFileSync, readdirSync } from 'node:fs';
import { systemErrorCode } from '../base/errors.ts';

/** The live processes in the group or session of `leader`. Zombies are not live. Without /proc: the leader's group, as one id. */
export function findSessionProcesses(leader: number): number[] {
  const all = listProcesses();
  if (all === null) return isGroupAlive(leader) ? [-leader] : [];
  return all.filter((entry) => isOfSession(entry, leader)).map(({ pid }) => pid);
}

/**
 * The live processes of a stage: those of its first process's session, and those that were started with the stage's `marker`
 * (an entry of their environment) wherever they moved to since. A daemon that both left the session and cleared its environment
 * is not found.
 */
export function findStageProcesses(leader: number, marker: string): number[] {
  const all = listProcesses();
  if (all === null) return findSessionProcesses(leader);
  return all.filter((entry) => isOfSession(entry, leader) || environmentHolds(entry.pid, marker)).map(({ pid }) => pid);
}

/** The live processes that were started with `marker`, and all in the sessions that these lead. Empty without /proc. */
export function findMarkedProcesses(marker: string): number[] {
  const all = listProcesses() ?? [];
  const marked = new Set(all.filter(({ pid }) => environmentHolds(pid, marker)).map(({ pid }) => pid));
  // Only sessions led by a marked process: a person may have started the program by hand, in the session of a terminal.
  return all.filter(({ pid, session }) => marked.has(pid) || marked.has(session)).map(({ pid }) => pid);
}

/** Bytes of memory that a process holds now and held at most; undefined when it is gone or there is no /proc. */
export function readMemory(pid: number): { readonly nowBytes: number; readonly peakBytes: number } | undefined {
  const status = readProc(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  return { nowBytes: kilobytes('VmRSS') * 1024, peakBytes: kilobytes('VmHWM') * 1024 };
}

interface ProcessEntry {
  readonly pid: number;
  readonly group: number;
  readonly session: number;
}

function listProcesses(): ProcessEntry[] | null {
  if (process.platform !== 'linux') return null;
  const found: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(`/proc/${name}/stat`);
    if (stat === undefined) continue;
    // proc(5): pid (comm) state ppid pgrp session …; comm may hold blanks and brackets, so count from the last bracket.
    const [state, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') continue;
    found.push({ pid: Number(name), group: Number(group), session: Number(session) });
  }
  return found;
}

function isGroupAlive(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

function isOfSession(entry: ProcessEntry, leader: number): boolean {
  return entry.group === leader || entry.session === leader;
}

function environmentHolds(pid: number, marker: string): boolean {
  const environment = readProc(`/proc/${pid}/environ`);
  return environment !== undefined && environment.split('\0').includes(marker);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended meanwhile, or belongs to someone else: either way it is not one of ours.
    return undefined;
  }
}
