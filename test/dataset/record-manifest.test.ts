import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordDigests } from '../../lib/dataset/record-digest.ts';
import { recordManifest } from '../../lib/dataset/record-manifest.ts';
import { imageAt, selectRecords } from '../../lib/dataset/split.ts';
import { stream } from '../../stages/common/rng.ts';
import { anySplit, tinySplit } from '../support/splits.ts';

const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('recordDigests', () => {
  it('hashes 0x00, "record/v1", the label and the pixels of each record', () => {
    fc.assert(
      fc.property(anySplit([2, 1, 3], 6), (split) => {
        const expected = Array.from({ length: split.count }, (_, i) =>
          sha256Hex(Buffer.concat([Buffer.from('\0record/v1'), split.labels.subarray(i, i + 1), imageAt(split, i)])),
        );
        expect(Buffer.from(recordDigests(split)).toString('hex')).toBe(expected.join(''));
      }),
    );
  });
});

describe('recordManifest', () => {
  const split = tinySplit([0, 10], [1, 20], [1, 20], [2, 30]);

  it('is pinned: stored manifests stay comparable', () => {
    expect(recordManifest(split, 3)).toMatchInlineSnapshot(`
      {
        "count": 4,
        "multiset": "sha256:9d30bf8a9a93f1e3b605bbef99aaf75fcd7db29fbe42073562fdb6052532d069",
        "perClass": [
          1,
          2,
          1,
        ],
        "root": "sha256:f82db99e8f4090a6003a8af8035a971c5a6f8d5fe881e92608ff3b1a1f722ea4",
      }
    `);
  });

  it('of a reordered split has the same multiset and another root', () => {
    fc.assert(
      fc.property(anySplit([1, 2, 1], 12), fc.integer({ min: 1, max: 1000 }), (any, seed) => {
        const order = stream(seed, 'order').permutation(any.count);
        const moved = recordManifest(selectRecords(any, order), 4);
        const still = recordManifest(any, 4);
        expect(moved.multiset).toBe(still.multiset);
        expect(moved.perClass).toEqual(still.perClass);
        const isSameSequence = Buffer.compare(recordDigests(selectRecords(any, order)), recordDigests(any)) === 0;
        expect(moved.root === still.root).toBe(isSameSequence);
      }),
    );
  });

  it('tells multisets apart by how often a record repeats', () => {
    const multisets = [
      tinySplit([0, 1]),
      tinySplit([0, 1], [0, 1]),
      tinySplit([0, 1], [0, 1], [0, 2]),
      tinySplit([0, 1], [0, 2], [0, 2]),
      tinySplit(),
    ].map((any) => recordManifest(any, 1).multiset);
    expect(new Set(multisets).size).toBe(multisets.length);
  });

  it('tells a record with another label from the record', () => {
    expect(recordManifest(tinySplit([0, 1]), 2).multiset).not.toBe(recordManifest(tinySplit([1, 1]), 2).multiset);
  });
});
