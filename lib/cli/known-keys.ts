/** The public keys by which a command judges signatures: one's own, retired ones too, and those named with --key. */
import { resolve } from 'node:path';
import { KeyStore, type KeyAlgorithm } from '../audit/keys.ts';
import { isEd25519, readPublicKey, type PublicKey } from '../audit/public-key.ts';
import { UserError } from '../base/errors.ts';
import type { Session } from './session.ts';
import { UsageError } from './usage-error.ts';

/**
 * `only`: named keys are used alone, as for what others signed. Throws UsageError `no-known-key` when there are none at all, and
 * `key-unreadable` for a named one that can have signed nothing of the kind.
 */
export function knownKeys(
  session: Session,
  algorithm: KeyAlgorithm,
  paths: readonly string[],
  options: { readonly only?: boolean } = {},
): PublicKey[] {
  const named = readNamedKeys(session, paths);
  const unfit = named.findIndex((key) => isEd25519(key) !== (algorithm === 'ed25519'));
  if (unfit >= 0) throw wrongType(paths[unfit] as string, algorithm);
  if (named.length > 0 && options.only) return named;
  const own = KeyStore.open(session.env).publicKeys();
  const keys = [...own.filter((key) => key.algorithm === algorithm), ...named];
  if (keys.length > 0) return keys;
  throw new UsageError('no-known-key', 'there is no key by which to judge a signature', {
    hint: 'name the public key of who signed: --key FILE',
  });
}

/** Models are signed on an elliptic curve, as OpenSSF Model Signing has it; all else by Ed25519. */
function wrongType(path: string, wanted: KeyAlgorithm): UsageError {
  const [found, what] =
    wanted === 'ed25519' ? ['a P-256 key or its like', 'this is'] : ['an Ed25519 key', 'a model is'];
  return new UsageError('key-unreadable', `${path} holds ${found}, and ${what} signed by one of type ${wanted}`, {
    hint: `ask who signed for: assay keys public${wanted === 'ed25519' ? '' : ' --type p256'}`,
  });
}

/** Of `--key`. Throws UsageError key-unreadable. */
export function readNamedKeys(session: Session, paths: readonly string[]): PublicKey[] {
  return paths.map((path) => {
    try {
      return readPublicKey(resolve(session.cwd, path));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const { message, hint = 'check the path of --key', cause } = error;
      throw new UsageError('key-unreadable', message, { hint, cause });
    }
  });
}
