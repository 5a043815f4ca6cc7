/** Where things go that must not be used and may still be wanted: altered blobs and the partial outputs of failed executions. */
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { digestHex, type Digest } from '../base/digest.ts';
import { systemErrorCode } from '../base/errors.ts';
import type { StorePaths } from './layout.ts';

/**
 * Moves an altered blob or pack out of the way, to quarantine/blobs/<its name>-<what it holds>. On a store that cannot be
 * written it stays: callers never serve it in any case.
 */
export function quarantineFile(paths: StorePaths, from: string, named: Digest, found: Digest): void {
  const folder = `${paths.quarantine}/blobs`;
  try {
    mkdirSync(folder, { recursive: true });
    renameSync(from, `${folder}/${digestHex(named)}-${digestHex(found)}`);
  } catch (error) {
    // ENOENT: another process that found the same damage was first.
    if (!['EROFS', 'EACCES', 'EPERM', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

/** Moves the folder `from` to quarantine/<executionId>. Null when there is nothing in it. */
export function quarantineFolder(paths: StorePaths, executionId: number, from: string): string | null {
  if (!existsSync(from) || readdirSync(from).length === 0) return null;
  let target = `${paths.quarantine}/${executionId}`;
  // A database that was made anew counts from 1 again.
  for (let attempt = 2; existsSync(target); attempt++) target = `${paths.quarantine}/${executionId}-${attempt}`;
  mkdirSync(paths.quarantine, { recursive: true });
  renameSync(from, target);
  return target;
}

/** Moves what has no digest to go by to quarantine/strays/<its last two names>. */
export function quarantineStray(paths: StorePaths, from: string): void {
  const folder = `${paths.quarantine}/strays`;
  mkdirSync(folder, { recursive: true });
  const name = `${basename(dirname(from))}-${basename(from)}`;
  let target = `${folder}/${name}`;
  for (let attempt = 2; isThere(target); attempt++) target = `${folder}/${name}-${attempt}`;
  renameSync(from, target);
}

/** A link that leads nowhere is there too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
