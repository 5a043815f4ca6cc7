import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditCroissant } from '../../lib/audit/croissant-files.ts';
import { digestBytes, digestHex } from '../../lib/base/digest.ts';
import { makeFolder } from '../lineage/rig.ts';

const sha256 = (text: string): string => digestHex(digestBytes(text));
const file = (path: string, more: object = {}): object => ({
  '@type': 'cr:FileObject',
  '@id': path,
  contentUrl: path,
  sha256: sha256(path),
  ...more,
});

/** A folder `data` beside which lies `secret`; each file holds its own name. */
function audit(distribution: unknown, files: readonly string[] = ['a.csv']): string[] {
  const parent = makeFolder();
  const folder = join(parent, 'data');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  writeFileSync(join(parent, 'secret'), 'secret');
  for (const path of files) writeFileSync(join(folder, path), path);
  symlinkSync('../secret', join(folder, 'link'));
  const { files: found, unlisted } = auditCroissant(JSON.stringify({ distribution }), folder);
  return [
    ...found.map(({ id, verdict, reason }) => `${id} ${verdict}${reason === null ? '' : `: ${reason}`}`),
    ...unlisted.filter((path) => path !== 'link').map((path) => `unlisted ${path}`),
  ];
}

describe('auditCroissant', () => {
  it('holds each file against its sha256, where its path or the end of its address says, and names what is not described', () => {
    const distribution = [
      file('a.csv'),
      file('deep/b.csv'),
      { ...file('c.csv'), contentUrl: 'https://example.org/files/c.csv?download=1' },
    ];
    expect(audit(distribution, ['a.csv', 'deep/b.csv', 'c.csv', 'extra'])).toEqual([
      'a.csv OK',
      'deep/b.csv OK',
      'c.csv OK',
      'unlisted extra',
    ]);
  });

  it('reads each spelling of a term, and one file that is no list', () => {
    const spelt = { '@id': 'a.csv', 'sc:contentUrl': 'a.csv', 'https://schema.org/sha256': sha256('a.csv') };
    expect(audit(spelt)).toEqual(['a.csv OK']);
  });

  it.each([
    ['altered', file('a.csv', { sha256: sha256('b') }), `a.csv ALTERED: its sha256 is ${sha256('a.csv')}`],
    [
      'an address as hash',
      file('a.csv', { sha256: 'https://example.org' }),
      'a.csv UNVERIFIABLE: an address stands where its sha256 belongs',
    ],
    ['two hashes', file('a.csv', { 'sc:sha256': sha256('b') }), 'a.csv UNVERIFIABLE: its sha256 is no text'],
    ['no hash', { '@id': 'a.csv', contentUrl: 'a.csv' }, 'a.csv UNVERIFIABLE: no sha256 is given'],
    ['no file', file('b.csv'), 'b.csv UNVERIFIABLE: there is no such file in the folder'],
    ['a folder', file('deep'), 'deep UNVERIFIABLE: there is no such file in the folder'],
    [
      'a way out',
      file('../secret', { sha256: sha256('secret') }),
      '../secret UNVERIFIABLE: it leads out of the folder',
    ],
    ['a link out', file('link', { sha256: sha256('secret') }), 'link UNVERIFIABLE: it leads out of the folder'],
    [
      'no contentUrl',
      { '@id': 'a.csv', sha256: sha256('a.csv') },
      'a.csv UNVERIFIABLE: it names no file (no contentUrl)',
    ],
    [
      'loose files',
      { '@type': 'cr:FileSet', '@id': 'all', includes: '*' },
      'all UNVERIFIABLE: a set of loose files has no sha256',
    ],
    [
      'data in the address',
      file('x', { contentUrl: 'data:,x' }),
      'x UNVERIFIABLE: there is no such file in the folder',
    ],
  ])('does not pass %s', (_, node, line) => {
    expect(audit([node])[0]).toBe(line);
  });

  it('takes what lies in an archive for as sound as the archive', () => {
    const inside = { '@type': 'cr:FileSet', '@id': 'images', containedIn: { '@id': 'a.zip' }, includes: '*.png' };
    expect(audit([file('a.zip'), inside], ['a.zip'])).toEqual(['a.zip OK', 'images OK']);
    expect(audit([file('a.zip', { sha256: sha256('b') }), inside], ['a.zip'])[1]).toMatch(
      /^images ALTERED: a\.zip: its sha256 is/,
    );
    expect(audit([inside], [])).toEqual([
      'images UNVERIFIABLE: it lies inside what the Croissant does not say plainly',
    ]);
    const itself = { ...inside, '@id': 'a.zip' };
    expect(audit([itself], [])[0]).toMatch(/^a\.zip UNVERIFIABLE/);
  });

  it.each([
    ['no JSON', 'distribution', 'it is no JSON'],
    ['no object', '3', 'it is no JSON object'],
    ['no file', '{"distribution": []}', 'it describes no file (no "distribution")'],
    ['nothing', '{}', 'it describes no file (no "distribution")'],
    ['one @id for two', `{"distribution": [{"@id": "a"}, {"@id": "a"}]}`, 'two of its files have one @id'],
  ])('refuses a Croissant with %s: it would pass otherwise', (_, text, message) => {
    expect(() => auditCroissant(text, makeFolder())).toThrow(message);
  });
});
