/** Writes that a crash cannot tear: a temporary neighbour, fsync, rename, fsync of the folder. */
import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.ts';

let serial = 0;

/** A name beside `path` that no other process and no earlier call uses. Starts with `.tmp-`, so that sweeping knows it. */
function temporaryNeighbour(path: string): string {
  return `${dirname(path)}/.tmp-${process.pid}-${++serial}`;
}

/**
 * Creates an empty temporary file in `folder`, open for writing. A name left by a crashed process that had our pid (common in
 * containers, where every process has the same few) is passed over.
 */
export function openTemporary(folder: string): { fd: number; path: string } {
  for (;;) {
    const path = temporaryNeighbour(`${folder}/_`);
    try {
      return { fd: openSync(path, 'wx', 0o600), path };
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
  }
}

/**
 * Puts `bytes` under `path` whole or not at all, and durably. Replaces what is there. Concurrent writers: the last one wins.
 * Throws the system's error and leaves no temporary file.
 */
export function writeDurably(path: string, bytes: Uint8Array | string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const { fd, path: temporary } = openTemporary(dirname(path));
  try {
    try {
      writeAll(fd, typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes);
      fchmodSync(fd, mode);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Makes renames inside a folder durable. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes all of `bytes` at the file's position; a single write may take only a part. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}
