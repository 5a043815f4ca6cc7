/** DSSE envelopes: bytes, what they are, and who signed both (secure-systems-lab/dsse, protocol version 1). */
import type { SigningKey } from './keys.ts';
import { keyIdOf, verifyWith } from './public-key.ts';

/** A type, not an interface, so that it is a JsonObject. */
export type Envelope = {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
};

export const IN_TOTO_TYPE = 'application/vnd.in-toto+json';

/** The bytes that are signed: lengths before contents, so that no two pairs of type and body give the same. */
export function pae(type: string, body: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `;
  return Buffer.concat([Buffer.from(head, 'utf8'), body]);
}

export function signEnvelope(type: string, body: Uint8Array, ...keys: readonly SigningKey[]): Envelope {
  const bytes = pae(type, body);
  return {
    payloadType: type,
    payload: toBase64(body),
    signatures: keys.map((key) => ({ keyid: key.keyId, sig: toBase64(key.sign(bytes)) })),
  };
}

/**
 * The payload, and the key that signed it; null when no signature is by one of the keys. `keyid` is a hint that nobody signed, so it
 * is not looked at. Never throws for a malformed envelope.
 */
export function verifyEnvelope(
  envelope: Envelope,
  publicPems: readonly string[],
): { readonly payload: Buffer; readonly keyId: string } | null {
  const payload = fromBase64(envelope.payload);
  if (payload === undefined) return null;
  const bytes = pae(envelope.payloadType, payload);
  for (const { sig } of envelope.signatures) {
    const signature = fromBase64(sig);
    if (signature === undefined) continue;
    const signer = publicPems.find((pem) => verifyWith(pem, bytes, signature));
    if (signer !== undefined) return { payload, keyId: keyIdOf(signer) };
  }
  return null;
}

/** The envelope that a JSON value is, or undefined. Unknown members are dropped. */
export function asEnvelope(value: unknown): Envelope | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { payloadType, payload, signatures } = value as Partial<Envelope>;
  if (typeof payloadType !== 'string' || typeof payload !== 'string' || !Array.isArray(signatures)) return undefined;
  const signed = (signatures as unknown[]).map((each) => {
    const { keyid, sig } = (each ?? {}) as { keyid?: unknown; sig?: unknown };
    return typeof sig === 'string' ? { keyid: typeof keyid === 'string' ? keyid : '', sig } : undefined;
  });
  if (signed.some((each) => each === undefined)) return undefined;
  return { payloadType, payload, signatures: signed as Envelope['signatures'] };
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** Undefined for text that is not the one standard spelling: Node drops what it does not know. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
