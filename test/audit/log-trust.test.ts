/** What a replaced key is worth: all that it signed before, and nothing after, whoever has it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { originOf, parseCheckpoint, signCheckpoint } from '../../lib/audit/checkpoint.ts';
import { IN_TOTO_TYPE, signEnvelope } from '../../lib/audit/dsse.ts';
import { ENDORSEMENT_TYPE } from '../../lib/audit/endorsement.ts';
import { KeyStore, type SigningKey } from '../../lib/audit/keys.ts';
import { readEntry, REBUILT_TYPE, type LogEntry } from '../../lib/audit/log-entry.ts';
import { LogTrust, type KnownKey } from '../../lib/audit/log-trust.ts';
import { hashEntry } from '../../lib/audit/merkle-log.ts';
import { STATEMENT_TYPE } from '../../lib/audit/statement.ts';
import { canonicalJson, type JsonObject } from '../../lib/base/canonical-json.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-trust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keyOf = (name: string): SigningKey => KeyStore.open({ ASSAY_KEYS: join(folder, name) }).signingKey('ed25519');
const [old, next, evil] = [keyOf('old'), keyOf('next'), keyOf('evil')];

function entry(predicateType: string, predicate: JsonObject, ...signers: readonly SigningKey[]): LogEntry {
  const statement = { _type: STATEMENT_TYPE, subject: [], predicateType, predicate };
  return readEntry(canonicalJson(signEnvelope(IN_TOTO_TYPE, Buffer.from(canonicalJson(statement)), ...signers)));
}

const signedBy = (key: SigningKey): LogEntry => entry(REBUILT_TYPE, { logIndex: 0 }, key);

function endorsement(from: SigningKey, to: SigningKey): LogEntry {
  const predicate = { algorithm: 'ed25519', previousKey: from.publicPem, publicKey: to.publicPem };
  return entry(ENDORSEMENT_TYPE, predicate, from, to);
}

/** What is wrong with each entry; null for nothing. */
function judged(known: readonly KnownKey[], entries: readonly LogEntry[]): (string | null)[] {
  const trust = new LogTrust(known, entries);
  return entries.map((each, index) => (each.kind === 'unreadable' ? 'unreadable' : trust.judge(each, index)) ?? null);
}

const REPLACED = 'it is signed by a key that was replaced at entry 1';
const UNKNOWN = 'it is not signed by a known key';

describe('a log whose key was replaced', () => {
  const honest = [signedBy(old), endorsement(old, next), signedBy(next)];

  it.each([
    ['the old key', [old]],
    ['the new key', [next]],
    ['both', [old, next]],
  ])('is good to one who knows %s', (_, known) => {
    expect(judged(known, honest)).toEqual([null, null, null]);
  });

  it('refuses what the old key signs afterwards, be it a key of the thief', () => {
    const entries = [...honest, signedBy(old), endorsement(old, evil), signedBy(evil)];
    for (const known of [[old], [next], [old, next]]) {
      expect(judged(known, entries)).toEqual([null, null, null, REPLACED, REPLACED, UNKNOWN]);
    }
  });

  it("refuses a thief's key that is said to have come before the old one", () => {
    const entries = [...honest, signedBy(evil), endorsement(evil, old)];
    // The endorsement is in the name of a key that nobody knows.
    const nobody = 'it endorses a key in the name of an unknown one';
    for (const known of [[old], [next], [old, next]]) {
      expect(judged(known, entries)).toEqual([null, null, null, UNKNOWN, nobody]);
    }
  });

  it('refuses its endorsement where it is repeated: a statement of that place it is not', () => {
    expect(judged([next], [...honest, endorsement(old, next)])).toEqual([null, null, null, REPLACED]);
  });

  it('goes on through a second replacement', () => {
    const entries = [...honest, endorsement(next, evil), signedBy(evil)];
    for (const known of [[old], [evil]]) expect(judged(known, entries)).toEqual([null, null, null, null, null]);
  });
});

describe('a log that does not tell of the rotation, to the owner of the keys', () => {
  const judgedByOwner = (entries: readonly LogEntry[]): (string | null)[] =>
    judged(
      [
        { ...next, isRetired: false },
        { ...old, isRetired: true },
        // As a crash in the middle of a rotation leaves it.
        { ...next, isRetired: true },
      ],
      entries,
    );

  it('ends the old key at the first entry by the new one', () => {
    const entries = [signedBy(old), signedBy(next), signedBy(old), endorsement(old, evil), signedBy(evil)];
    expect(judgedByOwner(entries)).toEqual([null, null, REPLACED, REPLACED, UNKNOWN]);
  });

  it('is good where the new key has signed nothing yet', () => {
    expect(judgedByOwner([signedBy(old), signedBy(old)])).toEqual([null, null]);
  });
});

describe('a checkpoint of a log whose key was replaced at entry 1', () => {
  const trust = new LogTrust([next], [signedBy(old), endorsement(old, next), signedBy(next), endorsement(old, evil)]);
  const by = (key: SigningKey, size: number): unknown => {
    const checkpoint = { origin: originOf(hashEntry('first')), size, root: hashEntry('root') };
    return trust.judgeCheckpoint(parseCheckpoint(signCheckpoint(checkpoint, key))!);
  };

  it('is good by the old key up to there, and by the new one', () => {
    expect([by(old, 1), by(next, 3)]).toEqual([{ keyId: old.keyId }, { keyId: next.keyId }]);
  });

  it('is not good by the old key beyond, nor by a key that this one endorsed then', () => {
    const problem = 'is signed by a key that was replaced at entry 1';
    expect([by(old, 2), by(old, 3)]).toEqual([{ problem }, { problem }]);
    expect(by(evil, 3)).toEqual({ problem: 'is not signed by a known key' });
  });
});
