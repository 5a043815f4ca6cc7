import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  digestBytes,
  digestFile,
  digestHex,
  digestRecord,
  parseDigest,
  recordBytes,
  shortDigest,
} from '../../lib/base/digest.ts';

// FIPS 180-2, appendix B.1: SHA-256 of "abc".
const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('digest', () => {
  it('is sha256 of the bytes', () => {
    expect(digestBytes('abc')).toBe(ABC);
  });

  it('reads a file in pieces to the same digest', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'assay-')), 'large');
    const bytes = Buffer.alloc(3 * (1 << 20) + 17, 'abc');
    writeFileSync(path, bytes);
    expect(digestFile(path)).toEqual({ digest: digestBytes(bytes), sizeBytes: bytes.length });
  });

  it('tags a record, so that equal contents of two kinds differ', () => {
    expect(recordBytes('action/v1', { a: 1 }).toString()).toBe('action/v1\0{"a":1}');
    expect(digestRecord('action/v1', { a: 1 })).not.toBe(digestRecord('manifest/v1', { a: 1 }));
    expect(() => recordBytes('Action', {})).toThrow('a record tag reads like "action/v1": got "Action"');
  });

  it('is parsed only when written in full', () => {
    expect(parseDigest(ABC)).toBe(ABC);
    for (const text of ['', 'abc', ABC.toUpperCase(), ABC.slice(0, -1), `${ABC}0`, digestHex(parseDigest(ABC)!)]) {
      expect(parseDigest(text)).toBeUndefined();
    }
  });

  it('is shown by its first twelve digits', () => {
    expect(shortDigest(parseDigest(ABC)!)).toBe('ba7816bf8f01');
  });
});
