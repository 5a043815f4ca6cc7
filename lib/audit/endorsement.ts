/**
 * How one key takes over from another: a statement that the old key signed, so that who trusts the old key may trust the new one, and
 * that the new key signed, so that who was given only the new one may trust what the old one had signed before.
 * It is kept beside the keys, and every log gets it before its first entry by the new key.
 */
import { canonicalJson, type JsonObject } from '../base/canonical-json.ts';
import { parseJson } from '../base/parse-json.ts';
import { asEnvelope, IN_TOTO_TYPE, signEnvelope, verifyEnvelope, type Envelope } from './dsse.ts';
import type { KeyAlgorithm, KeyStore, SigningKey } from './keys.ts';
import { keyIdOf } from './public-key.ts';
import { STATEMENT_TYPE } from './statement.ts';

export const ENDORSEMENT_TYPE = 'https://example.org/assay/key-endorsement/v1';
const NOTE = 'endorsements.jsonl';

export interface Endorsement {
  readonly algorithm: string;
  readonly oldPem: string;
  readonly newPem: string;
}

/** A new key in place of the present one. Throws as KeyStore does. */
export function rotateKey(keys: KeyStore, algorithm: KeyAlgorithm): SigningKey {
  return keys.replaceKey(algorithm, (old, next) => {
    keys.writeNote(NOTE, `${keys.readNote(NOTE) ?? ''}${canonicalJson(endorse(old, next))}\n`);
  });
}

/** The endorsements that lead from `from` to the present key of the same kind, in order; empty when none does. */
export function endorsementsSince(keys: KeyStore, from: string, to: string): Envelope[] {
  const known = (keys.readNote(NOTE) ?? '').split('\n').flatMap((line) => {
    const envelope = line === '' ? undefined : asEnvelope(parseJson(line));
    const endorsement = envelope && readEndorsement(envelope);
    return endorsement === undefined ? [] : [{ envelope: envelope as Envelope, ...endorsement }];
  });
  const chain: Envelope[] = [];
  for (let id = from; id !== to;) {
    // The last of an old key counts: an earlier one may be of a rotation that a crash ended before the key was replaced.
    const next = known.findLast(({ oldPem }) => keyIdOf(oldPem) === id);
    if (next === undefined || chain.length > known.length) return [];
    chain.push(next.envelope);
    id = keyIdOf(next.newPem);
  }
  return chain;
}

/** What the envelope endorses; undefined unless it is an endorsement that both keys signed. */
export function readEndorsement(envelope: Envelope): Endorsement | undefined {
  const statement = parseJson(Buffer.from(envelope.payload, 'base64').toString('utf8')) as
    | {
        predicateType?: unknown;
        predicate?: { algorithm?: unknown; previousKey?: unknown; publicKey?: unknown };
      }
    | null
    | undefined;
  if (statement?.predicateType !== ENDORSEMENT_TYPE) return undefined;
  const { algorithm, previousKey: oldPem, publicKey: newPem } = statement.predicate ?? {};
  if (typeof algorithm !== 'string' || typeof oldPem !== 'string' || typeof newPem !== 'string') return undefined;
  if (!isSignedBy(envelope, oldPem) || !isSignedBy(envelope, newPem)) return undefined;
  return { algorithm, oldPem, newPem };
}

function endorse(old: SigningKey, next: SigningKey): Envelope {
  const statement: JsonObject = {
    _type: STATEMENT_TYPE,
    subject: [{ name: next.algorithm, digest: { sha256: next.keyId } }],
    predicateType: ENDORSEMENT_TYPE,
    predicate: { algorithm: next.algorithm, previousKey: old.publicPem, publicKey: next.publicPem },
  };
  return signEnvelope(IN_TOTO_TYPE, Buffer.from(canonicalJson(statement), 'utf8'), old, next);
}

function isSignedBy(envelope: Envelope, publicPem: string): boolean {
  try {
    return verifyEnvelope(envelope, [publicPem]) !== null;
  } catch {
    // Text that is no key.
    return false;
  }
}
