/**
 * Checkpoints: how long the log was and its root, signed; short enough to print in a paper. C2SP tlog-checkpoint in a signed note
 * (c2sp.org/tlog-checkpoint, c2sp.org/signed-note):
 *
 *     assay-log/0123456789abcdef
 *     12
 *     <base64 root>
 *
 *     — assay-log/0123456789abcdef <base64 of 4 bytes of key hash and 64 bytes of Ed25519 signature>
 */
import { createHash, createPublicKey } from 'node:crypto';
import { fromBase64, toBase64 } from './dsse.ts';
import type { SigningKey } from './keys.ts';
import { keyIdOf, verifyWith } from './public-key.ts';

export interface Checkpoint {
  /** Names the log: two logs differ in their first entry. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** A checkpoint as read, its signatures not yet looked at. */
export interface SignedCheckpoint extends Checkpoint {
  /** What is signed. */
  readonly body: string;
  readonly signatures: readonly { readonly name: string; readonly hash: Uint8Array; readonly signature: Uint8Array }[];
}

const ED25519_TYPE = 0x01;
const KEY_HASH_BYTES = 4;
const ROOT_BYTES = 32;

/** By the hash of its first entry, so that no name need be chosen, and none can be given to another log. */
export function originOf(firstLeaf: Uint8Array): string {
  return `assay-log/${Buffer.from(firstLeaf).toString('hex').slice(0, 16)}`;
}

export function signCheckpoint({ origin, size, root }: Checkpoint, key: SigningKey): string {
  const body = `${origin}\n${size}\n${toBase64(root)}\n`;
  const signature = key.sign(Buffer.from(body, 'utf8'));
  return `${body}\n— ${origin} ${toBase64(Buffer.concat([keyHash(origin, key.publicPem), signature]))}\n`;
}

/** Undefined for what is no checkpoint. Line ends of other systems and blanks around lines, as printing leaves them, are accepted. */
export function parseCheckpoint(text: string): SignedCheckpoint | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const start = lines.findIndex((line) => line !== '');
  const [origin, sizeText, rootText, blank, ...rest] = lines.slice(Math.max(start, 0));
  if (origin === undefined || sizeText === undefined || rootText === undefined || blank !== '') return undefined;
  const root = fromBase64(rootText);
  if (!/^(0|[1-9]\d{0,14})$/.test(sizeText) || root?.length !== ROOT_BYTES) return undefined;
  const signatures = rest.filter((line) => line !== '').map(parseSignature);
  if (signatures.length === 0 || signatures.some((each) => each === undefined)) return undefined;
  return {
    ...{ origin, size: Number(sizeText), root, body: `${origin}\n${sizeText}\n${rootText}\n` },
    signatures: signatures as SignedCheckpoint['signatures'],
  };
}

/** The id of the key that signed it, of those given; undefined when none did. */
export function findSigner(checkpoint: SignedCheckpoint, publicPems: readonly string[]): string | undefined {
  const bytes = Buffer.from(checkpoint.body, 'utf8');
  for (const { name, hash, signature } of checkpoint.signatures) {
    const signer = publicPems.find(
      (pem) => name === checkpoint.origin && keyHash(name, pem).equals(hash) && verifyWith(pem, bytes, signature),
    );
    if (signer !== undefined) return keyIdOf(signer);
  }
  return undefined;
}

/** What tools for such notes are told the key by (c2sp.org/signed-note, "verifier keys"). */
export function verifierKey(name: string, publicPem: string): string {
  const key = Buffer.concat([Buffer.from([ED25519_TYPE]), rawKey(publicPem)]);
  return `${name}+${keyHash(name, publicPem).toString('hex')}+${toBase64(key)}`;
}

function parseSignature(line: string): SignedCheckpoint['signatures'][number] | undefined {
  const match = /^— (\S+) (\S+)$/.exec(line);
  const bytes = match?.[2] === undefined ? undefined : fromBase64(match[2]);
  if (match?.[1] === undefined || bytes === undefined || bytes.length <= KEY_HASH_BYTES) return undefined;
  return { name: match[1], hash: bytes.subarray(0, KEY_HASH_BYTES), signature: bytes.subarray(KEY_HASH_BYTES) };
}

/** The first four bytes of sha256(name || LF || 0x01 || public key). */
function keyHash(name: string, publicPem: string): Buffer {
  const hash = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([ED25519_TYPE]))
    .update(rawKey(publicPem));
  return hash.digest().subarray(0, KEY_HASH_BYTES);
}

/** The 32 bytes of an Ed25519 key; of another key nothing, which no hash will match. */
function rawKey(publicPem: string): Buffer {
  const { kty, x } = createPublicKey(publicPem).export({ format: 'jwk' });
  return kty === 'OKP' && typeof x === 'string' ? Buffer.from(x, 'base64url') : Buffer.alloc(0);
}
