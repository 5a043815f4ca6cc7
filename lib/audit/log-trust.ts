/** Which keys may have signed which entries: those that the reader knows, and those that these lead to by endorsements in the log. */
import { verifyEnvelope } from './dsse.ts';
import { readEndorsement } from './endorsement.ts';
import type { LogEntry } from './log-entry.ts';
import { keyIdOf, type PublicKey } from './public-key.ts';

export class LogTrust {
  readonly #pems: Set<string>;
  /** The entry that ended a key's time. */
  readonly #retiredAt = new Map<string, number>();

  constructor(known: readonly PublicKey[], entries: readonly LogEntry[]) {
    this.#pems = new Set(known.map(({ publicPem }) => publicPem));
    const endorsements = entries.flatMap((entry, index) => {
      const endorsement = entry.kind === 'endorsement' ? readEndorsement(entry.envelope) : undefined;
      return endorsement?.algorithm === 'ed25519' ? [{ ...endorsement, index }] : [];
    });
    // Both keys signed it, so trust in either is trust in both: forwards, and from a new key back to what came before.
    for (let isGrowing = true; isGrowing;) {
      isGrowing = false;
      for (const { oldPem, newPem } of endorsements) {
        if (this.#pems.has(oldPem) === this.#pems.has(newPem)) continue;
        this.#pems.add(oldPem).add(newPem);
        isGrowing = true;
      }
    }
    for (const { oldPem, index } of endorsements) {
      if (this.#pems.has(oldPem) && !this.#retiredAt.has(oldPem)) this.#retiredAt.set(oldPem, index);
    }
  }

  /** What is wrong with the signature of the entry at `index`, or undefined. */
  judge(entry: Exclude<LogEntry, { kind: 'unreadable' }>, index: number): string | undefined {
    if (entry.kind === 'endorsement') {
      const endorsement = readEndorsement(entry.envelope);
      if (endorsement === undefined) return 'it endorses a key without the signatures of both keys';
      return this.#pems.has(endorsement.oldPem) ? undefined : 'it endorses a key in the name of an unknown one';
    }
    if (entry.envelope.signatures.length === 0) return 'it is not signed';
    const good = [...this.#pems].filter((pem) => (this.#retiredAt.get(pem) ?? Infinity) > index);
    if (verifyEnvelope(entry.envelope, good) !== null) return undefined;
    const signer = verifyEnvelope(entry.envelope, [...this.#pems]);
    if (signer === null) return 'it is not signed by a known key';
    const pem = [...this.#pems].find((each) => keyIdOf(each) === signer.keyId) as string;
    return `it is signed by a key that was replaced at entry ${this.#retiredAt.get(pem)}`;
  }

  allPems(): string[] {
    return [...this.#pems];
  }
}
