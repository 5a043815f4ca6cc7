/** Where the sandbox of an action lies, and by what its processes are known. */
import { join } from 'node:path';
import { digestHex, type Digest } from '../base/digest.ts';
import { CONTEXT_VARIABLE } from '../stage-api/context-file.ts';

/** Depends on the action alone, so that a checkpoint finds its action again and equal actions see equal paths. */
export function sandboxFolder(stagingFolder: string, key: Digest): string {
  return join(stagingFolder, digestHex(key).slice(0, 16));
}

export function contextPathOf(folder: string): string {
  return join(folder, 'context.json');
}

/** The environment entry with which every process of a sandbox was started. */
export function markerOf(contextPath: string): string {
  return `${CONTEXT_VARIABLE}=${contextPath}`;
}
