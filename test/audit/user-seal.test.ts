/** What a seal of the user's key vouches for, and what it does not. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rotateKey } from '../../lib/audit/endorsement.ts';
import { KeyStore } from '../../lib/audit/keys.ts';
import { UserSeal } from '../../lib/audit/user-seal.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-seal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function keysIn(name: string, passphrase?: string): KeyStore {
  return KeyStore.open({ ASSAY_KEYS: join(folder, name), ...(passphrase ? { ASSAY_PASSPHRASE: passphrase } : {}) });
}

const TAG = 'expectation-seal/v1';
const NOTE = { digest: 'sha256:1', record: '{"holds":true}' };

describe('a seal', () => {
  it('is of one note under one tag, by one key', () => {
    const mine = new UserSeal(keysIn('ada'));
    const seal = mine.seal(TAG, NOTE);
    expect(new UserSeal(keysIn('ada')).holds(TAG, NOTE, seal)).toBe(true);
    expect(mine.holds('verify-seal/v1', NOTE, seal)).toBe(false);
    expect(mine.holds(TAG, { ...NOTE, digest: 'sha256:2' }, seal)).toBe(false);
    expect(mine.holds(TAG, NOTE, null)).toBe(false);
    expect(mine.holds(TAG, NOTE, 'forged')).toBe(false);
    expect(new UserSeal(keysIn('eve')).holds(TAG, NOTE, seal)).toBe(false);
  });

  it('ends with its key', () => {
    const keys = keysIn('rotated');
    const seal = new UserSeal(keys).seal(TAG, NOTE);
    rotateKey(keys, 'ed25519');
    expect(new UserSeal(keysIn('rotated')).holds(TAG, NOTE, seal)).toBe(false);
  });

  it('is none, and none holds, where the key is locked or exposed', () => {
    const seal = new UserSeal(keysIn('locked', 'open sesame')).seal(TAG, NOTE);
    expect(seal).not.toBeNull();
    const locked = new UserSeal(keysIn('locked'));
    expect([locked.seal(TAG, NOTE), locked.holds(TAG, NOTE, seal)]).toEqual([null, false]);
    new UserSeal(keysIn('exposed')).seal(TAG, NOTE);
    chmodSync(join(folder, 'exposed/ed25519.pem'), 0o644);
    expect(new UserSeal(keysIn('exposed')).seal(TAG, NOTE)).toBeNull();
  });
});
