/** Files that somebody else put there: plain files and folders are read, and nothing is followed out of the folder. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compareUtf8 } from '../base/canonical-json.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';

export interface OutsideEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** What Node reads into one buffer; and no dataset of this kind comes near it. A few kilobytes of gzip can unfold to more. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The entries of a folder by code point. Throws UserError 'dataset-link-refused' when one is a link, a socket or a device: what a
 * link leads to is not in the folder, and may be another thing tomorrow.
 */
export function listFolder(folder: string): readonly OutsideEntry[] {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      if (!entry.isFile() && !entry.isDirectory()) throw linkRefused(join(folder, entry.name));
      return { name: entry.name, isFolder: entry.isDirectory() };
    })
    .sort((a, b) => compareUtf8(a.name, b.name));
}

/** The bytes of a plain file. Throws UserError 'dataset-link-refused' for a link and 'dataset-too-large'. */
export function readPlainFile(path: string): Buffer {
  const fd = openPlain(path);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw linkRefused(path);
    if (stat.size > MOST_BYTES) throw tooLarge(path);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same without its gzip, where its first bytes say that it has one. Throws UserError 'dataset-file-corrupt' too. */
export function readUnpacked(path: string): Buffer {
  const bytes = readPlainFile(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    if (systemErrorCode(cause) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError('dataset-file-corrupt', `${path} is no sound gzip file: ${why}.`, {
      hint: 'the file was cut off or altered: fetch it again',
      cause,
    });
  }
}

function openPlain(path: string): number {
  try {
    // Not blocking: a pipe with no writer would wait for ever.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemErrorCode(error) === 'ELOOP') throw linkRefused(path);
    throw error;
  }
}

function linkRefused(path: string): UserError {
  return new UserError('dataset-link-refused', `${path} is a link or a special file, and is not followed.`, {
    hint: 'put the file itself there, or name what the link leads to',
  });
}

function tooLarge(path: string): UserError {
  return new UserError('dataset-too-large', `${path} holds more than ${MOST_BYTES} bytes.`, {
    hint: 'split it: images of this kind are read into memory',
  });
}
