/** Seals with the user's Ed25519 key: the signature over the note's hashed form, base64. */
import type { Json } from '../base/canonical-json.ts';
import { recordBytes } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { Seal } from '../model/seal.ts';
import type { KeyStore, SigningKey } from './keys.ts';
import { verifyWith } from './public-key.ts';

export class UserSeal implements Seal {
  readonly #keys: KeyStore;
  #key: SigningKey | null | undefined;

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  seal(tag: string, note: Json): string | null {
    const key = this.#usableKey();
    return key === null ? null : Buffer.from(key.sign(recordBytes(tag, note))).toString('base64');
  }

  /** By the present key alone: a retired one may have been stolen, and what it vouched for can be found again. */
  holds(tag: string, note: Json, seal: string | null): boolean {
    const key = seal === null ? null : this.#usableKey();
    return key !== null && verifyWith(key.publicPem, recordBytes(tag, note), Buffer.from(seal as string, 'base64'));
  }

  /** One that is locked, exposed or replaced vouches for nothing. The log of the run says what is wrong with it. */
  #usableKey(): SigningKey | null {
    if (this.#key !== undefined) return this.#key;
    try {
      this.#key = this.#keys.signingKey('ed25519');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#key = null;
    }
    return this.#key;
  }
}
