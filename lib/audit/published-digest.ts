/** Whether what someone published as a sha256 is the digest of the bytes at hand. */
import { digestHex, type Digest } from '../base/digest.ts';

export const VERDICTS = ['OK', 'ALTERED', 'UNVERIFIABLE'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface DigestCheck {
  readonly verdict: Verdict;
  /** Why it is not OK; null when it is. */
  readonly reason: string | null;
}

/**
 * OK only for the 64 hex digits of these very bytes. What is no sha256 at all proves nothing, and is UNVERIFIABLE: published
 * metadata was seen to give an address there, which a checker that looks for a hash behind it would follow, and be told anything.
 */
export function checkPublishedDigest(published: unknown, actual: Digest): DigestCheck {
  if (published === undefined || published === null) return unverifiable('no sha256 is given');
  if (typeof published !== 'string') return unverifiable('its sha256 is no text');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(published)) return unverifiable('an address stands where its sha256 belongs');
  // Hex in either case is the same number; anything around it is not hex.
  if (!/^[0-9a-f]{64}$/i.test(published)) return unverifiable('what stands as its sha256 is not 64 hex digits');
  if (published.toLowerCase() === digestHex(actual)) return { verdict: 'OK', reason: null };
  return { verdict: 'ALTERED', reason: `its sha256 is ${digestHex(actual)}` };
}

export function unverifiable(reason: string): DigestCheck {
  return { verdict: 'UNVERIFIABLE', reason };
}
