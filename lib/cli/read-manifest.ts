/** A dataset manifest from a file that a user names. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { digestBytes } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import { parseManifestFile, type DatasetManifest } from '../dataset/dataset-manifest.ts';
import type { Session } from './session.ts';

/**
 * Reads the file; null when the text names no file, or one that is no JSON at all: then it may be a dataset. `pin`: the digest that
 * the file's bytes must have. Throws UserError as parseManifestFile does, and 'dataset-manifest-pin'.
 */
export function readManifestFile(session: Session, what: string, pin?: string): DatasetManifest | null {
  const path = resolve(session.cwd, what);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return null;
  const bytes = readFileSync(path);
  if (!/^\s*[{[]/.test(bytes.toString('utf8', 0, 256)) && !what.endsWith('.json')) return null;
  const digest = digestBytes(bytes);
  if (pin !== undefined && digest !== pin && digest !== `sha256:${pin}`) {
    throw new UserError('dataset-manifest-pin', `${what} has the digest ${digest}, not the ${pin} that was pinned.`, {
      hint: 'it is another file than the one whose digest was published: compare where both came from',
    });
  }
  return parseManifestFile(bytes.toString('utf8'), what);
}
