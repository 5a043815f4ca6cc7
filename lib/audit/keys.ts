/**
 * The user's signing keys: Ed25519 for statements and the log, P-256 for Model Signing, whose format knows no Ed25519.
 *
 * They lie outside every project, so that nobody gets them with a store: $ASSAY_KEYS, or assay/keys below the user's configuration.
 * The folder is for its owner alone, and a key that others may read is refused rather than used: it may be theirs by now.
 * Nothing here prints or logs a private key, and no error quotes one.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeDurably } from '../base/durable-write.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import { keyIdOf, publicPemOf, type PublicKey } from './public-key.ts';

export const KEY_ALGORITHMS = ['ed25519', 'p256'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

export interface SigningKey extends PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** Ed25519: 64 bytes. P-256: ECDSA with SHA-256, DER. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** A key of one's own, by its public half. */
export interface OwnKey extends PublicKey {
  readonly algorithm: KeyAlgorithm;
  readonly isRetired: boolean;
}

/** Others may neither read a key nor put one of theirs in its place. */
const FOLDER_MODE = 0o700;
const KEY_MODE = 0o600;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

export class KeyStore {
  readonly folder: string;
  readonly #passphrase: string | undefined;
  readonly #opened = new Map<KeyAlgorithm, SigningKey>();

  private constructor(folder: string, passphrase: string | undefined) {
    this.folder = folder;
    this.#passphrase = passphrase;
  }

  /** Touches no file: keys are made when first asked for. A passphrase in $ASSAY_PASSPHRASE encrypts them. */
  static open(env: NodeJS.ProcessEnv): KeyStore {
    const passphrase = env.ASSAY_PASSPHRASE;
    return new KeyStore(keyFolder(env), passphrase === '' ? undefined : passphrase);
  }

  /**
   * Made on first use, read anew once another process has replaced it. Throws UserError keys-unwritable, key-exposed, key-locked,
   * key-unreadable, key-mismatch.
   */
  signingKey(algorithm: KeyAlgorithm): SigningKey {
    let key = this.#opened.get(algorithm);
    // A run may last for hours, and what it signs after a rotation with the old key counts for nothing.
    const listed = key && readIfThere(join(this.folder, `${algorithm}.pub.pem`));
    if (key === undefined || (listed !== undefined && listed !== key.publicPem)) {
      key = asSigningKey(algorithm, this.#read(algorithm) ?? this.#make(algorithm));
      this.#opened.set(algorithm, key);
    }
    return key;
  }

  hasKey(algorithm: KeyAlgorithm): boolean {
    return statSync(this.#privatePath(algorithm), { throwIfNoEntry: false }) !== undefined;
  }

  /** Own keys, retired ones too. Makes none, and needs no passphrase. */
  publicKeys(algorithms: readonly KeyAlgorithm[] = KEY_ALGORITHMS): OwnKey[] {
    const current = algorithms.flatMap((algorithm) => {
      const publicPem = this.#readPublic(algorithm);
      return publicPem === undefined ? [] : [{ ...asPublicKey(publicPem), algorithm, isRetired: false }];
    });
    return [...current, ...this.#retiredKeys().filter(({ algorithm }) => algorithms.includes(algorithm))];
  }

  /**
   * Replaces a key: the old one's public half is kept as retired, its private half is gone when this returns. `endorse` gets both
   * while both can sign, and must have stored what it made of them when it returns.
   */
  replaceKey(algorithm: KeyAlgorithm, endorse: (old: SigningKey, next: SigningKey) => void): SigningKey {
    const old = this.signingKey(algorithm);
    const pair = generate(algorithm);
    const next = asSigningKey(algorithm, pair);
    // The retired half first: a crash leaves a key that is both current and retired, never one that nobody knows any more.
    this.#write(join('retired', `${algorithm}-${old.keyId}.pem`), old.publicPem);
    endorse(old, next);
    // It is written again from the private half when missing; one of the other key would be taken for an attack.
    rmSync(join(this.folder, `${algorithm}.pub.pem`), { force: true });
    this.#write(`${algorithm}.pem`, this.#encode(pair));
    this.#write(`${algorithm}.pub.pem`, next.publicPem);
    this.#opened.set(algorithm, next);
    return next;
  }

  /** A file of the key folder that is no key: what endorses new keys. Undefined when there is none. */
  readNote(name: string): string | undefined {
    return readIfThere(join(this.folder, name));
  }

  writeNote(name: string, text: string): void {
    this.#write(name, text);
  }

  #read(algorithm: KeyAlgorithm): KeyObject | undefined {
    const path = this.#privatePath(algorithm);
    const pem = readIfThere(path);
    if (pem === undefined) return undefined;
    this.#refuseExposed(path);
    const key = this.#decode(pem, path);
    const listed = readIfThere(join(this.folder, `${algorithm}.pub.pem`));
    if (listed === undefined) this.#write(`${algorithm}.pub.pem`, publicPemOf(key));
    else if (listed !== publicPemOf(key)) {
      throw new UserError(
        'key-mismatch',
        `${algorithm}.pub.pem in ${this.folder} is not the public half of the key there`,
        {
          hint: 'someone replaced one of the two files: compare with the public key that you handed out, then remove the wrong one',
        },
      );
    }
    return key;
  }

  #decode(pem: string, path: string): KeyObject {
    const isLocked = pem.includes('BEGIN ENCRYPTED PRIVATE KEY');
    if (isLocked && this.#passphrase === undefined) {
      throw new UserError('key-locked', `${path} is encrypted and no passphrase was given`, {
        hint: 'set ASSAY_PASSPHRASE',
      });
    }
    try {
      return createPrivateKey({ key: pem, ...(isLocked ? { passphrase: this.#passphrase } : {}) });
    } catch (cause) {
      // The library's message is not shown: it says nothing of use, and nobody knows what it quotes.
      if (isLocked) {
        const hint = 'correct ASSAY_PASSPHRASE';
        throw new UserError('key-locked', `the passphrase does not open ${path}`, { hint, cause });
      }
      const hint = 'restore it from a backup, or move it away: the next use makes a new one';
      throw new UserError('key-unreadable', `${path} holds no private key`, { hint, cause });
    }
  }

  /** Two processes may make one at once: the first to give it its name wins, and both use that. */
  #make(algorithm: KeyAlgorithm): KeyObject {
    const path = this.#privatePath(algorithm);
    const made = `${algorithm}.new-${process.pid}.pem`;
    this.#write(made, this.#encode(generate(algorithm)));
    try {
      linkSync(join(this.folder, made), path);
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw unwritable(this.folder, error);
    } finally {
      rmSync(join(this.folder, made), { force: true });
    }
    return this.#read(algorithm) as KeyObject;
  }

  #encode(key: KeyObject): string {
    const lock = this.#passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: this.#passphrase };
    return key.export({ type: 'pkcs8', format: 'pem', ...lock }) as string;
  }

  #readPublic(algorithm: KeyAlgorithm): string | undefined {
    const pem = readIfThere(this.#privatePath(algorithm));
    if (pem === undefined) return undefined;
    // From the private half where it can be opened; the file beside it could have been replaced.
    const isLocked = pem.includes('BEGIN ENCRYPTED PRIVATE KEY') && this.#passphrase === undefined;
    return isLocked ? readIfThere(join(this.folder, `${algorithm}.pub.pem`)) : this.signingKey(algorithm).publicPem;
  }

  #retiredKeys(): OwnKey[] {
    const folder = join(this.folder, 'retired');
    // Not by stat, which throws where a file lies in the place of the key folder.
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .flatMap((name) => {
        const algorithm = KEY_ALGORITHMS.find((each) => name.startsWith(`${each}-`));
        if (algorithm === undefined || !name.endsWith('.pem')) return [];
        return [{ ...asPublicKey(readFileSync(join(folder, name), 'utf8')), algorithm, isRetired: true }];
      });
  }

  #write(name: string, text: string): void {
    try {
      if (statSync(this.folder, { throwIfNoEntry: false }) === undefined) {
        mkdirSync(this.folder, { recursive: true, mode: FOLDER_MODE });
        // Whatever the umask says.
        chmodSync(this.folder, FOLDER_MODE);
      }
      this.#refuseOpenFolder();
      writeDurably(join(this.folder, name), text, KEY_MODE);
    } catch (error) {
      throw unwritable(this.folder, error);
    }
  }

  #refuseExposed(path: string): void {
    const mode = statSync(path).mode & 0o777;
    if ((mode & OTHERS) !== 0) {
      throw new UserError('key-exposed', `${path} may be read by others (mode ${mode.toString(8)})`, {
        hint: `chmod 600 ${path}; if others had access, replace it: assay keys rotate`,
      });
    }
    this.#refuseOpenFolder();
  }

  #refuseOpenFolder(): void {
    const mode = statSync(this.folder).mode & 0o777;
    if ((mode & OTHERS_WRITE) === 0) return;
    throw new UserError('key-exposed', `others may write to ${this.folder} (mode ${mode.toString(8)})`, {
      hint: `chmod 700 ${this.folder}; check with assay keys that the keys are still yours`,
    });
  }

  #privatePath(algorithm: KeyAlgorithm): string {
    return join(this.folder, `${algorithm}.pem`);
  }
}

/** Absolute. An empty variable counts as none. */
function keyFolder(env: NodeJS.ProcessEnv): string {
  if (env.ASSAY_KEYS) return resolve(env.ASSAY_KEYS);
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'assay', 'keys');
}

function generate(algorithm: KeyAlgorithm): KeyObject {
  return algorithm === 'ed25519'
    ? generateKeyPairSync('ed25519').privateKey
    : generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
}

function asSigningKey(algorithm: KeyAlgorithm, key: KeyObject): SigningKey {
  const hash = algorithm === 'ed25519' ? null : 'sha256';
  return { algorithm, ...asPublicKey(publicPemOf(key)), sign: (bytes) => sign(hash, bytes, key) };
}

function asPublicKey(publicPem: string): PublicKey {
  const pem = publicPemOf(createPublicKey(publicPem));
  return { keyId: keyIdOf(pem), publicPem: pem };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UserError('key-unreadable', `${path} cannot be read (${code})`, {
      hint: 'give your user read access to it',
      cause: error,
    });
  }
}

function unwritable(folder: string, cause: unknown): unknown {
  const code = systemErrorCode(cause);
  if (cause instanceof UserError || code === undefined) return cause;
  return new UserError('keys-unwritable', `no key can be kept in ${folder} (${code})`, {
    hint: 'set ASSAY_KEYS to a folder of your own that you can write to',
    cause,
  });
}
