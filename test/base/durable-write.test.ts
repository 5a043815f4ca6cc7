import { mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeDurably } from '../../lib/base/durable-write.ts';

describe('writeDurably', () => {
  it('creates folders, replaces what is there, sets the mode and leaves nothing else', () => {
    const root = mkdtempSync(join(tmpdir(), 'assay-'));
    writeDurably(join(root, 'a/b'), 'one');
    writeDurably(join(root, 'a/b'), Buffer.from('two'), 0o444);
    expect(readFileSync(join(root, 'a/b'), 'utf8')).toBe('two');
    expect(statSync(join(root, 'a/b')).mode & 0o777).toBe(0o444);
    expect(readdirSync(join(root, 'a'))).toEqual(['b']);
  });

  it('leaves no temporary file when the target cannot be replaced', () => {
    const root = mkdtempSync(join(tmpdir(), 'assay-'));
    writeDurably(join(root, 'taken/inside'), 'x');
    expect(() => writeDurably(join(root, 'taken'), 'y')).toThrow(/EISDIR|ENOTEMPTY|ENOTDIR/);
    expect(readdirSync(root)).toEqual(['taken']);
  });
});
