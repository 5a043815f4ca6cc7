/** Public keys: what they are called, and whether a signature is theirs. The key alone decides the algorithm, never the signature. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { digestBytes, digestHex } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';

export interface PublicKey {
  /** sha256, 64 hex, of the SPKI PEM text: what Model Signing bundles call the key's hint. */
  readonly keyId: string;
  /** SPKI, ending in a line break. */
  readonly publicPem: string;
}

export function keyIdOf(publicPem: string): string {
  return digestHex(digestBytes(publicPem));
}

/** The one text of a public key, whichever half is given. */
export function publicPemOf(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return half.export({ type: 'spki', format: 'pem' }) as string;
}

/**
 * Whether `signature` over `bytes` is by this key: Ed25519, or ECDSA in DER on P-256, P-384 or P-521 with SHA-256, 384 or 512.
 * False for every other key and for a malformed signature.
 */
export function verifyWith(publicPem: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey(publicPem);
  const hash = hashOf(key);
  if (hash === undefined) return false;
  return verify(hash, bytes, key, signature);
}

export function isEd25519({ publicPem }: PublicKey): boolean {
  return createPublicKey(publicPem).asymmetricKeyType === 'ed25519';
}

/** Reads a public key that someone handed out. Throws UserError key-unreadable; a private key is refused, so that none is passed on. */
export function readPublicKey(path: string): PublicKey {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UserError('key-unreadable', `${path} cannot be read`, { hint: 'check the path of --key', cause });
  }
  const hint = 'it begins with -----BEGIN PUBLIC KEY-----: assay keys public writes one';
  if (!text.includes('-----BEGIN PUBLIC KEY-----')) {
    throw new UserError('key-unreadable', `${path} holds no public key`, { hint });
  }
  try {
    const key = createPublicKey(text);
    if (hashOf(key) === undefined) throw new Error(`unsupported key type ${key.asymmetricKeyType}`);
    const publicPem = publicPemOf(key);
    return { keyId: keyIdOf(publicPem), publicPem };
  } catch (cause) {
    throw new UserError('key-unreadable', `${path} holds no public key that is supported`, {
      hint: 'Ed25519, P-256, P-384 and P-521 are',
      cause,
    });
  }
}

/** Null for Ed25519, which hashes by itself; undefined for a key that is not accepted. */
function hashOf(key: KeyObject): string | null | undefined {
  if (key.asymmetricKeyType === 'ed25519') return null;
  if (key.asymmetricKeyType !== 'ec') return undefined;
  const curves: Record<string, string> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };
  return curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
}
