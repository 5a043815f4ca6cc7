/** The proof that bytes are the published ones. */
import { createHash } from 'node:crypto';
import { StageError } from '../../../lib/stage-api/stage-error.ts';
import type { Content } from './catalogue.ts';

/** Contents by name, each of them proved. */
export type Contents = ReadonlyMap<string, Uint8Array>;

/** Throws StageError 'dataset-digest-wrong' unless the bytes are the content's. `from` says where they came from. */
export function proveContent(content: Content, bytes: Uint8Array, from: string): void {
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (found === content.digest) return;
  const message = `${content.name} from ${from} is not the published file: expected ${content.digest}, found ${found} (${bytes.length} bytes).`;
  throw new StageError('dataset-digest-wrong', message, {
    hint: 'replace the file, or take it from another place: nothing was made of it',
  });
}
