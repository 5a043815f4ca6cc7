/**
 * Which keys may have signed which entries: those that the reader knows, and those that these lead to by endorsements in the log.
 *
 * A key ends at the first endorsement that it signed. It may have been stolen before, so nothing that it signs later counts, least of
 * all another endorsement: that would hand the owner's trust to a key of the thief's own.
 */
import { findSigner, type SignedCheckpoint } from './checkpoint.ts';
import { verifyEnvelope } from './dsse.ts';
import { readEndorsement, type Endorsement } from './endorsement.ts';
import type { LogEntry } from './log-entry.ts';
import { keyIdOf, type PublicKey } from './public-key.ts';

export interface KnownKey extends PublicKey {
  /** Of one's own keys. */
  readonly isRetired?: boolean;
}

/** Who signed, or what is wrong with that. */
export type Signer = { readonly keyId: string } | { readonly problem: string };

export class LogTrust {
  readonly #pems: Set<string>;
  /** The entry that ended a key's time. */
  readonly #retiredAt = new Map<string, number>();

  constructor(known: readonly KnownKey[], entries: readonly LogEntry[]) {
    this.#pems = new Set(known.map(({ publicPem }) => publicPem));
    const endorsements = entries.flatMap((entry, index) => {
      const endorsement = entry.kind === 'endorsement' ? readEndorsement(entry.envelope) : undefined;
      return endorsement?.algorithm === 'ed25519' ? [{ ...endorsement, index }] : [];
    });
    for (const { oldPem, index } of endorsements) {
      if (!this.#retiredAt.has(oldPem)) this.#retiredAt.set(oldPem, index);
    }
    this.#endRetired(known, entries);
    const good = endorsements.filter((each) => this.#findReplaced(each, each.index) === undefined);
    // Both keys signed it, so trust in either is trust in both: forwards, and from a new key back to what came before.
    for (let isGrowing = true; isGrowing;) {
      isGrowing = false;
      for (const { oldPem, newPem } of good) {
        if (this.#pems.has(oldPem) === this.#pems.has(newPem)) continue;
        this.#pems.add(oldPem).add(newPem);
        isGrowing = true;
      }
    }
  }

  /** A log that was begun after a rotation, or went on by another's key, need not tell of it. The owner knows which key came after. */
  #endRetired(known: readonly KnownKey[], entries: readonly LogEntry[]): void {
    const current = known.filter(({ isRetired }) => isRetired === false).map(({ publicPem }) => publicPem);
    const retired = known.filter(({ publicPem, isRetired }) => isRetired && !current.includes(publicPem));
    if (retired.length === 0) return;
    const first = entries.findIndex(({ envelope }) => envelope && verifyEnvelope(envelope, current) !== null);
    if (first < 0) return;
    for (const { publicPem } of retired) {
      this.#retiredAt.set(publicPem, Math.min(first, this.#retiredAt.get(publicPem) ?? Infinity));
    }
  }

  /** What is wrong with the signature of the entry at `index`, or undefined. */
  judge(entry: Exclude<LogEntry, { kind: 'unreadable' }>, index: number): string | undefined {
    if (entry.kind === 'endorsement') {
      const endorsement = readEndorsement(entry.envelope);
      if (endorsement === undefined) return 'it endorses a key without the signatures of both keys';
      if (!this.#pems.has(endorsement.oldPem)) return 'it endorses a key in the name of an unknown one';
      const replaced = this.#findReplaced(endorsement, index);
      return replaced && `it ${this.#replacement(replaced)}`;
    }
    if (entry.envelope.signatures.length === 0) return 'it is not signed';
    if (verifyEnvelope(entry.envelope, this.#pemsAt(index)) !== null) return undefined;
    const signer = verifyEnvelope(entry.envelope, [...this.#pems]);
    return `it ${this.#problemWith(signer?.keyId)}`;
  }

  /** A key that was replaced by an entry that a checkpoint covers was gone when it was signed. */
  judgeCheckpoint(checkpoint: SignedCheckpoint): Signer {
    const keyId = findSigner(checkpoint, this.#pemsAt(checkpoint.size - 1));
    if (keyId !== undefined) return { keyId };
    return { problem: this.#problemWith(findSigner(checkpoint, [...this.#pems])) };
  }

  /** Keys that had not ended before the entry at `index`, nor by it. */
  #pemsAt(index: number): string[] {
    return [...this.#pems].filter((pem) => (this.#retiredAt.get(pem) ?? Infinity) > index);
  }

  /** The key of an endorsement at `index` that had ended before it. */
  #findReplaced({ oldPem, newPem }: Endorsement, index: number): string | undefined {
    return [oldPem, newPem].find((pem) => (this.#retiredAt.get(pem) ?? Infinity) < index);
  }

  #problemWith(signer: string | undefined): string {
    const pem = [...this.#pems].find((each) => keyIdOf(each) === signer);
    return pem === undefined ? 'is not signed by a known key' : this.#replacement(pem);
  }

  #replacement(pem: string): string {
    return `is signed by a key that was replaced at entry ${this.#retiredAt.get(pem)}`;
  }
}
