import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, compareUtf8, type Json } from '../../lib/base/canonical-json.ts';

/** JSON values as Assay hashes them: no -0, no lone surrogates. */
const json = fc.jsonValue({ stringUnit: 'grapheme' }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe('canonicalJson', () => {
  it('sorts keys by UTF-8 bytes, not by UTF-16 units', () => {
    const beyond = '\u{1f600}'; // F0 9F 98 80, after EF BF BD; its first UTF-16 unit, D83D, would sort before FFFD
    expect(canonicalJson({ [beyond]: 1, '\ufffd': 2, é: 3, z: 4, Z: 5 })).toBe(
      `{"Z":5,"z":4,"é":3,"\ufffd":2,"${beyond}":1}`,
    );
  });

  it('writes numbers as ECMAScript does', () => {
    expect(canonicalJson([1, 1.5, 1e21, 1e-7, 0.1, 123456789012345680000])).toBe(
      '[1,1.5,1e+21,1e-7,0.1,123456789012345680000]',
    );
  });

  it.each([
    [Number.NaN, 'canonical JSON cannot hold NaN at $.a[0]'],
    [Number.POSITIVE_INFINITY, 'canonical JSON cannot hold Infinity at $.a[0]'],
    [-0, 'canonical JSON cannot hold -0 at $.a[0]'],
    [undefined, 'canonical JSON cannot hold a undefined at $.a[0]'],
    ['\ud800', 'canonical JSON cannot hold a lone surrogate at $.a[0]'],
  ])('refuses %s', (value, message) => {
    expect(() => canonicalJson({ a: [value as Json] })).toThrow(message);
  });

  it('is read back as the same value, whatever the value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('does not depend on the order in which keys were added', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(record));
      }),
    );
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        const same = canonicalJson(a) === canonicalJson(b);
        if (same) expect(a).toEqual(b);
      }),
    );
  });
});

describe('compareUtf8', () => {
  it('orders as the bytes do', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
