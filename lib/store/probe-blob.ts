/** Holds a blob against its name by reading it, and changes nothing: what is altered stays where it is. */
import { digestBytes, digestFile, type Digest } from '../base/digest.ts';
import { systemErrorCode } from '../base/errors.ts';
import type { StoreParts } from './inspection.ts';
import { PackReader } from './pack-file.ts';

export type BlobProbe = { readonly state: 'sound' | 'missing' } | { readonly state: 'altered'; readonly found: Digest };

/** Of a blob that lies in two places the first that the store would serve is read. */
export function probeBlob({ loose, packs }: StoreParts, digest: Digest): BlobProbe {
  const found = unlessGone(() => digestFile(loose.path(digest)).digest) ?? digestPacked(packs, digest);
  if (found === undefined) return { state: 'missing' };
  return found === digest ? { state: 'sound' } : { state: 'altered', found };
}

function digestPacked(packs: StoreParts['packs'], digest: Digest): Digest | undefined {
  const hit = packs.find(digest);
  if (hit === undefined) return undefined;
  return unlessGone(() => {
    const reader = new PackReader(packs.path(hit.pack));
    try {
      return digestBytes(reader.read(hit.slice));
    } finally {
      reader.close();
    }
  });
}

function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
