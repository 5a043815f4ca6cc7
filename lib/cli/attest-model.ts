/** `assay attest --as model-signing`: an artifact's bundle: as it was frozen, or else signed now. Freezes nothing. */
import { readFrozen, signFolder } from '../audit/frozen.ts';
import { KeyStore } from '../audit/keys.ts';
import { readUntrusted } from '../audit/model-signing.ts';
import type { AttestRequest } from './attest-request.ts';
import { withArtifact } from './open-model.ts';
import type { Parts } from './wire.ts';

export function attestModel({ digest, name, session }: AttestRequest, parts: Parts): string {
  const frozen = readFrozen(parts.store.paths, name);
  if (frozen !== undefined && readUntrusted(frozen)?.assay?.artifact === digest) return frozen;
  const key = KeyStore.open(session.env).signingKey('p256');
  return withArtifact(parts.store, digest, (path) => signFolder(path, { name, artifact: digest }, key));
}
