import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { asEnvelope, IN_TOTO_TYPE, pae, signEnvelope, verifyEnvelope } from '../../lib/audit/dsse.ts';
import { KeyStore } from '../../lib/audit/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-dsse-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys = KeyStore.open({ ASSAY_KEYS: folder });
const key = keys.signingKey('ed25519');
const BODY = Buffer.from('hello world');

describe('DSSE', () => {
  it('encodes as the protocol says (its own example)', () => {
    expect(pae('http://example.com/HelloWorld', BODY).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('counts bytes, not characters', () => {
    expect(pae('é', Buffer.from('ü')).toString()).toBe('DSSEv1 2 é 2 ü');
  });

  it('finds who signed, whatever keyid says, and nobody once a bit is flipped', () => {
    const envelope = signEnvelope(IN_TOTO_TYPE, BODY, key);
    const pems = [keys.signingKey('p256').publicPem, key.publicPem];
    expect(verifyEnvelope(envelope, pems)).toEqual({ payload: BODY, keyId: key.keyId });
    const { sig } = envelope.signatures[0]!;
    expect(verifyEnvelope({ ...envelope, signatures: [{ keyid: 'another', sig }] }, pems)?.keyId).toBe(key.keyId);
    expect(verifyEnvelope({ ...envelope, payload: Buffer.from('hello World').toString('base64') }, pems)).toBeNull();
    expect(verifyEnvelope({ ...envelope, payloadType: 'text/plain' }, pems)).toBeNull();
    expect(verifyEnvelope({ ...envelope, signatures: [] }, pems)).toBeNull();
    expect(verifyEnvelope(envelope, [])).toBeNull();
  });

  it('takes no second spelling of base64', () => {
    const envelope = signEnvelope(IN_TOTO_TYPE, BODY, key);
    expect(verifyEnvelope({ ...envelope, payload: `${envelope.payload}\n` }, [key.publicPem])).toBeNull();
    const url = envelope.payload.replaceAll('=', '');
    expect(verifyEnvelope({ ...envelope, payload: url }, [key.publicPem])).toBeNull();
  });

  it('accepts one good signature among others', () => {
    const envelope = signEnvelope(IN_TOTO_TYPE, BODY, keys.signingKey('p256'), key);
    expect(verifyEnvelope(envelope, [key.publicPem])?.keyId).toBe(key.keyId);
  });

  it.each([
    null,
    'text',
    [],
    {},
    { payloadType: 1, payload: '', signatures: [] },
    { payloadType: '', payload: '', signatures: [1] },
  ])('is not %o', (value) => {
    expect(asEnvelope(value)).toBeUndefined();
  });
});
