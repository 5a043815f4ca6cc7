/** `assay attest --as results`: an artifact that is one text file, with the digests of all that it came from, signed. */
import type { Descent } from '../audit/exports/descent.ts';
import { KeyStore } from '../audit/keys.ts';
import { signResults } from '../audit/results.ts';
import { readText } from './artifact-content.ts';
import type { AttestRequest } from './attest-request.ts';
import { UsageError } from './usage-error.ts';
import type { Parts } from './wire.ts';

/** Throws UsageError attest-kind for what is not one file of text. */
export function attestResults(descent: Descent, { store }: Parts, { digest, name, session }: AttestRequest): string {
  const content = readText(store, store.readManifest(digest));
  if (content === undefined) {
    throw new UsageError('attest-kind', `results describes one file of text; ${name} is none, or too large`, {
      hint: 'name an output of kind metrics, such as study.metrics',
    });
  }
  return signResults(descent, content, KeyStore.open(session.env).signingKey('ed25519'));
}
