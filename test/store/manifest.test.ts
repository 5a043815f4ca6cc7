import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUtf8, type Json } from '../../lib/base/canonical-json.ts';
import { digestBytes, recordBytes, type Digest } from '../../lib/base/digest.ts';
import { MANIFEST_TAG, type Manifest } from '../../lib/model/artifact.ts';
import { sortUtf8 } from '../../lib/store/collect.ts';
import { decodeManifest, encodeManifest, findManifestProblem, summarise } from '../../lib/store/manifest.ts';

const BLOB = digestBytes('x');
const ANY = digestBytes('any');

const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
  .map((text) => text.replace(/[/\p{Cc}]/gu, '_'))
  .filter((text) => text !== '.' && text !== '..');
const entry = fc.record({
  path: fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/')),
  sizeBytes: fc.nat(),
  blob: fc.string().map(digestBytes),
});
const manifest: fc.Arbitrary<Manifest> = fc
  .uniqueArray(entry, { selector: ({ path }) => path, maxLength: 30 })
  .map((entries): Manifest => ({ form: 'directory', entries: entries.sort((a, b) => compareUtf8(a.path, b.path)) }))
  .filter((candidate) => findManifestProblem(candidate)?.includes('both a file and a folder') !== true);

describe('a manifest', () => {
  it('is encoded as the record that names the artifact, and decodes to itself', () => {
    fc.assert(
      fc.property(manifest, (value) => {
        const bytes = encodeManifest(value);
        expect(bytes).toEqual(recordBytes(MANIFEST_TAG, value as unknown as Json));
        expect(decodeManifest(bytes, digestBytes(bytes))).toEqual(value);
        expect(summarise(value).digest).toBe(digestBytes(bytes));
      }),
    );
  });

  it('is refused in any order but that of UTF-8', () => {
    fc.assert(
      fc.property(manifest, fc.nat(), (value, seed) => {
        const entries = [...value.entries];
        if (entries.length < 2) return;
        const at = seed % (entries.length - 1);
        [entries[at], entries[at + 1]] = [entries[at + 1]!, entries[at]!];
        expect(findManifestProblem({ form: 'directory', entries })).toMatch(/ is out of order$/);
      }),
    );
  });

  it('is refused with any bad path, wherever it stands', () => {
    const bad = fc.constantFrom('..', '.', '', 'a\0b', 'a\nb', '\ud800');
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 2 }),
        bad,
        fc.array(segment, { maxLength: 2 }),
        (left, wrong, right) => {
          const path = [...left, wrong, ...right].join('/');
          expect(findManifestProblem({ form: 'directory', entries: [{ path, sizeBytes: 0, blob: BLOB }] })).toBeTypeOf(
            'string',
          );
        },
      ),
    );
  });

  it.each<[string, unknown, string]>([
    ['no object', 7, 'not an object'],
    ['another form', { form: 'tree', entries: [] }, 'form is "tree", not "file" or "directory"'],
    ['no list', { form: 'directory', entries: {} }, 'entries is not a list'],
    ['a further field', { form: 'directory', entries: [], mode: 1 }, 'unknown field "mode"'],
    ['two files as one', { form: 'file', entries: [] }, 'form "file" needs exactly one entry, whose path is "."'],
    ['an absolute path', folder(['/etc/passwd']), 'path "/etc/passwd" is absolute'],
    ['a way out', folder(['a/../../b']), 'path "a/../../b" has the segment ".."'],
    ['an empty segment', folder(['a//b']), 'path "a//b" has an empty segment'],
    ['a newline', folder(['a\nb']), 'path "a\\nb" holds a control character'],
    ['a duplicate', folder(['a', 'a']), 'path "a" occurs twice'],
    ['a file that is a folder', folder(['a', 'a-', 'a/b']), 'path "a" is both a file and a folder'],
    [
      'a size below zero',
      { form: 'directory', entries: [{ path: 'a', sizeBytes: -1, blob: BLOB }] },
      'size of "a" is -1',
    ],
    [
      'a short digest',
      { form: 'directory', entries: [{ path: 'a', sizeBytes: 1, blob: 'sha256:ab' }] },
      'blob of "a" is no digest',
    ],
  ])('with %s is refused', (_name, value, problem) => {
    expect(findManifestProblem(value)).toBe(problem);
  });

  it('that is stored but not valid is named', () => {
    expect(() => decodeManifest(Buffer.from('manifest/v1\0{"form":"directory","entries":[{}]}'), ANY)).toThrow(
      expect.objectContaining({
        code: 'manifest-invalid',
        message: `${ANY} is stored but is no valid manifest: an entry has no path`,
        hint: 'It was written by another program or a newer Assay. Run "assay verify" to see what else is affected.',
      }),
    );
    expect(() => decodeManifest(Buffer.from('something else'), ANY)).toThrow(/does not begin with "manifest\/v1"/);
    expect(() => decodeManifest(Buffer.from('manifest/v1\0{"form'), ANY)).toThrow(/not an object/);
  });

  it('has a digest that does not change between versions', () => {
    const value: Manifest = { form: 'directory', entries: [{ path: 'a/b.txt', sizeBytes: 1, blob: BLOB }] };
    expect(summarise(value).digest).toBe(PINNED);
  });
});

describe('sortUtf8', () => {
  it('orders as UTF-8 bytes do', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        const byBytes = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(sortUtf8([...texts])).toEqual(byBytes);
      }),
      { numRuns: 30 },
    );
  });
});

// printf 'manifest/v1\0{"entries":[{"blob":"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","path":"a/b.txt","sizeBytes":1}],"form":"directory"}' | sha256sum
const PINNED = 'sha256:062a8b8a2bf7da827350f0bfcd8ea8e322a6c14f9f675068d4d209509a944673' as Digest;

function folder(paths: readonly string[]): unknown {
  return { form: 'directory', entries: paths.map((path) => ({ path, sizeBytes: 1, blob: BLOB })) };
}
