import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { KeyStore } from '../../lib/audit/keys.ts';
import { keyIdOf, readPublicKey, verifyWith } from '../../lib/audit/public-key.ts';
import { UserError } from '../../lib/base/errors.ts';

const folders: string[] = [];
const MESSAGE = Buffer.from('2,500 records are new');

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-keys-'));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
  return 'none';
}

describe('KeyStore', () => {
  it('makes no file until a key is asked for, then a private folder with private files', () => {
    const folder = join(temporary(), 'deep', 'keys');
    const keys = KeyStore.open({ ASSAY_KEYS: folder });
    expect([existsSync(folder), keys.publicKeys()]).toEqual([false, []]);
    keys.signingKey('ed25519');
    keys.signingKey('p256');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const modes = readdirSync(folder).map(
      (name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`,
    );
    expect(modes).toEqual(['ed25519.pem 600', 'ed25519.pub.pem 600', 'p256.pem 600', 'p256.pub.pem 600']);
  });

  it.each([
    [{ ASSAY_KEYS: '/k', XDG_CONFIG_HOME: '/x', HOME: '/h' }, '/k'],
    [{ ASSAY_KEYS: '', XDG_CONFIG_HOME: '/x', HOME: '/h' }, '/x/assay/keys'],
    [{ HOME: '/h' }, '/h/.config/assay/keys'],
  ])('with %o lies in %s', (env, folder) => {
    expect(KeyStore.open(env).folder).toBe(folder);
  });

  it.each(['ed25519', 'p256'] as const)(
    'signs with the same %s key in another process, and only that key',
    (algorithm) => {
      const folder = temporary();
      const key = KeyStore.open({ ASSAY_KEYS: folder }).signingKey(algorithm);
      const again = KeyStore.open({ ASSAY_KEYS: folder }).signingKey(algorithm);
      const other = KeyStore.open({ ASSAY_KEYS: temporary() }).signingKey(algorithm);
      const signature = again.sign(MESSAGE);
      expect(key.keyId).toBe(keyIdOf(key.publicPem));
      expect(verifyWith(key.publicPem, MESSAGE, signature)).toBe(true);
      expect(verifyWith(key.publicPem, Buffer.from('2,501 records are new'), signature)).toBe(false);
      expect(verifyWith(other.publicPem, MESSAGE, signature)).toBe(false);
      for (const malformed of [
        Buffer.alloc(0),
        Buffer.alloc(64),
        signature.subarray(1),
        Buffer.from('not a signature'),
      ]) {
        expect(verifyWith(key.publicPem, MESSAGE, malformed)).toBe(false);
      }
    },
  );

  it('takes the algorithm from the key alone, and accepts no RSA', () => {
    const keys = KeyStore.open({ ASSAY_KEYS: temporary() });
    const [ed25519, p256] = [keys.signingKey('ed25519'), keys.signingKey('p256')];
    expect(verifyWith(ed25519.publicPem, MESSAGE, p256.sign(MESSAGE))).toBe(false);
    expect(verifyWith(p256.publicPem, MESSAGE, ed25519.sign(MESSAGE))).toBe(false);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
    expect(verifyWith(rsa as string, MESSAGE, Buffer.alloc(128))).toBe(false);
  });

  it.each([0o640, 0o604, 0o660])('refuses a key of mode %o', (mode) => {
    const folder = temporary();
    KeyStore.open({ ASSAY_KEYS: folder }).signingKey('ed25519');
    chmodSync(join(folder, 'ed25519.pem'), mode);
    const code = codeOf(() => KeyStore.open({ ASSAY_KEYS: folder }).signingKey('ed25519'));
    expect(code).toBe('key-exposed');
  });

  it('refuses a folder to which others may write', () => {
    const folder = temporary();
    KeyStore.open({ ASSAY_KEYS: folder }).signingKey('ed25519');
    chmodSync(folder, 0o777);
    expect(codeOf(() => KeyStore.open({ ASSAY_KEYS: folder }).signingKey('ed25519'))).toBe('key-exposed');
  });

  it('encrypts with a passphrase, and then opens with that one only; the public half needs none', () => {
    const folder = temporary();
    const key = KeyStore.open({ ASSAY_KEYS: folder, ASSAY_PASSPHRASE: 'horse' }).signingKey('p256');
    expect(readFileSync(join(folder, 'p256.pem'), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(codeOf(() => KeyStore.open({ ASSAY_KEYS: folder }).signingKey('p256'))).toBe('key-locked');
    const wrong = KeyStore.open({ ASSAY_KEYS: folder, ASSAY_PASSPHRASE: 'donkey' });
    expect(codeOf(() => wrong.signingKey('p256'))).toBe('key-locked');
    const right = KeyStore.open({ ASSAY_KEYS: folder, ASSAY_PASSPHRASE: 'horse' });
    expect(right.signingKey('p256').keyId).toBe(key.keyId);
    const listed = KeyStore.open({ ASSAY_KEYS: folder }).publicKeys();
    expect(listed.map(({ keyId }) => keyId)).toEqual([key.keyId]);
  });

  it('notices that a public half was replaced', () => {
    const folder = temporary();
    KeyStore.open({ ASSAY_KEYS: folder }).signingKey('ed25519');
    const other = KeyStore.open({ ASSAY_KEYS: temporary() }).signingKey('ed25519');
    writeFileSync(join(folder, 'ed25519.pub.pem'), other.publicPem);
    expect(codeOf(() => KeyStore.open({ ASSAY_KEYS: folder }).publicKeys())).toBe('key-mismatch');
  });

  it('reads anew what another process replaced', () => {
    const folder = temporary();
    const [here, there] = [KeyStore.open({ ASSAY_KEYS: folder }), KeyStore.open({ ASSAY_KEYS: folder })];
    here.signingKey('ed25519');
    const next = there.replaceKey('ed25519', () => undefined);
    expect(here.signingKey('ed25519').keyId).toBe(next.keyId);
  });

  it('replaces a key while both can sign, keeps the public half, and keeps no private one', () => {
    const folder = temporary();
    const old = KeyStore.open({ ASSAY_KEYS: folder }).signingKey('ed25519');
    const endorsed: string[] = [];
    const next = KeyStore.open({ ASSAY_KEYS: folder }).replaceKey('ed25519', (from, to) => {
      endorsed.push(from.keyId, to.keyId);
      expect(verifyWith(from.publicPem, MESSAGE, from.sign(MESSAGE))).toBe(true);
    });
    expect(endorsed).toEqual([old.keyId, next.keyId]);
    const listed = KeyStore.open({ ASSAY_KEYS: folder }).publicKeys();
    expect(listed.map(({ keyId, isRetired }) => [keyId, isRetired])).toEqual([
      [next.keyId, false],
      [old.keyId, true],
    ]);
    const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.pem'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(texts.filter((text) => text.includes('PRIVATE'))).toHaveLength(1);
  });

  it('says how to mend a folder that cannot be made, and quotes no key where one is broken', () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    expect(codeOf(() => KeyStore.open({ ASSAY_KEYS: join(file, 'keys') }).signingKey('p256'))).toBe('keys-unwritable');
    const folder = temporary();
    writeFileSync(join(folder, 'p256.pem'), 'secret', { mode: 0o600 });
    const broken = KeyStore.open({ ASSAY_KEYS: folder });
    expect(() => broken.signingKey('p256')).toThrow(/holds no private key$/);
  });
});

describe('readPublicKey', () => {
  it('reads what was handed out, and refuses a private key and anything else', () => {
    const folder = temporary();
    const key = KeyStore.open({ ASSAY_KEYS: folder }).signingKey('ed25519');
    expect(readPublicKey(join(folder, 'ed25519.pub.pem')).keyId).toBe(key.keyId);
    expect(codeOf(() => readPublicKey(join(folder, 'ed25519.pem')))).toBe('key-unreadable');
    expect(codeOf(() => readPublicKey(join(folder, 'none.pem')))).toBe('key-unreadable');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(join(folder, 'rsa.pem'), rsa);
    expect(codeOf(() => readPublicKey(join(folder, 'rsa.pem')))).toBe('key-unreadable');
  });
});
