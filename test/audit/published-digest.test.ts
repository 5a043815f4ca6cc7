import { describe, expect, it } from 'vitest';
import { checkPublishedDigest } from '../../lib/audit/published-digest.ts';
import { digestBytes, digestHex } from '../../lib/base/digest.ts';

const ACTUAL = digestBytes('these bytes');
const HEX = digestHex(ACTUAL);

describe('checkPublishedDigest', () => {
  it.each([[HEX], [HEX.toUpperCase()]])('says OK of the digest itself: %s', (published) => {
    expect(checkPublishedDigest(published, ACTUAL)).toEqual({ verdict: 'OK', reason: null });
  });

  it('says ALTERED of the digest of other bytes, and which these bytes have', () => {
    const other = digestHex(digestBytes('other bytes'));
    expect(checkPublishedDigest(other, ACTUAL)).toEqual({ verdict: 'ALTERED', reason: `its sha256 is ${HEX}` });
  });

  it.each([
    ['nothing', undefined, 'no sha256 is given'],
    ['null', null, 'no sha256 is given'],
    ['an address', 'https://github.com/mlcommons/croissant/issues/80', 'an address stands where its sha256 belongs'],
    ['an address that holds the digest', `https://example.org/${HEX}`, 'an address stands where its sha256 belongs'],
    ['a list with the digest', [HEX], 'its sha256 is no text'],
    ['a number', 0, 'its sha256 is no text'],
    ['empty text', '', 'what stands as its sha256 is not 64 hex digits'],
    ['the word', 'sha256', 'what stands as its sha256 is not 64 hex digits'],
    ['an MD5', '0b033707ea49365a5ffdd14615825511', 'what stands as its sha256 is not 64 hex digits'],
    ['one digit less', HEX.slice(1), 'what stands as its sha256 is not 64 hex digits'],
    ['the digest and more', `${HEX} `, 'what stands as its sha256 is not 64 hex digits'],
    ['the digest and a line more', `${HEX}\n`, 'what stands as its sha256 is not 64 hex digits'],
  ])('says UNVERIFIABLE, never OK, of %s', (_, published, reason) => {
    expect(checkPublishedDigest(published, ACTUAL)).toEqual({ verdict: 'UNVERIFIABLE', reason });
  });
});
