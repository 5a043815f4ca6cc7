import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merkleRoot, proveInclusion, verifyInclusion } from '../../lib/dataset/merkle.ts';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafOf = (data: Uint8Array): Buffer => sha256(Buffer.of(0), data);
const leaves = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => leafOf(Buffer.from(`record ${i}`)));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** RFC 6962 section 2.1, word for word: split at the largest power of two smaller than n. */
function referenceRoot(nodes: readonly Buffer[]): Buffer {
  if (nodes.length === 0) return sha256();
  if (nodes.length === 1) return nodes[0] as Buffer;
  let k = 1;
  while (2 * k < nodes.length) k *= 2;
  return sha256(Buffer.of(1), referenceRoot(nodes.slice(0, k)), referenceRoot(nodes.slice(k)));
}

describe('merkleRoot', () => {
  it('gives the published roots of the RFC 6962 reference implementation', () => {
    // The leaves and roots of certificate-transparency's merkle tree tests.
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const nodes = inputs.map((input) => leafOf(Buffer.from(input, 'hex')));
    expect([0, 1, 2, 3, 5, 8].map((count) => hex(merkleRoot(Buffer.concat(nodes.slice(0, count)))))).toEqual([
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]);
  });

  it('agrees with the recursive definition for every count up to 70', () => {
    for (let count = 0; count <= 70; count++) {
      expect(hex(merkleRoot(Buffer.concat(leaves(count))))).toBe(hex(referenceRoot(leaves(count))));
    }
  });

  it('leaves the leaves as they were', () => {
    const row = Buffer.concat(leaves(5));
    const before = hex(row);
    merkleRoot(row);
    expect(hex(row)).toBe(before);
  });

  it('changes when any two different leaves change places', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(39), fc.nat(39), (count, a, b) => {
        fc.pre(a % count !== b % count);
        const row = leaves(count);
        const swapped = [...row];
        swapped[a % count] = row[b % count] as Buffer;
        swapped[b % count] = row[a % count] as Buffer;
        expect(hex(merkleRoot(Buffer.concat(swapped)))).not.toBe(hex(merkleRoot(Buffer.concat(row))));
      }),
    );
  });
});

describe('inclusion proofs', () => {
  it('prove every leaf of every tree of up to 33, with as many siblings as the tree is high at most', () => {
    for (let count = 1; count <= 33; count++) {
      const row = leaves(count);
      const root = merkleRoot(Buffer.concat(row));
      for (let index = 0; index < count; index++) {
        const proof = proveInclusion(Buffer.concat(row), index);
        expect(verifyInclusion(row[index] as Buffer, proof, root)).toBe(true);
        expect(proof.path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
      }
    }
  });

  it('fail for another leaf, another place, another root, a longer, shorter or altered path', () => {
    const row = leaves(11);
    const root = merkleRoot(Buffer.concat(row));
    const leaf = row[6] as Buffer;
    const proof = proveInclusion(Buffer.concat(row), 6);
    const altered = proof.path.map((sibling, i) => (i === 1 ? sha256(sibling) : sibling));
    const verdicts = {
      honest: verifyInclusion(leaf, proof, root),
      leaf: verifyInclusion(row[7] as Buffer, proof, root),
      place: verifyInclusion(leaf, { ...proof, index: 7 }, root),
      beyond: verifyInclusion(leaf, { ...proof, index: 11 }, root),
      root: verifyInclusion(leaf, proof, sha256(root)),
      longer: verifyInclusion(leaf, { ...proof, path: [...proof.path, leaf] }, root),
      shorter: verifyInclusion(leaf, { ...proof, path: proof.path.slice(1) }, root),
      altered: verifyInclusion(leaf, { ...proof, path: altered }, root),
    };
    expect(verdicts).toEqual({
      honest: true,
      leaf: false,
      place: false,
      beyond: false,
      root: false,
      longer: false,
      shorter: false,
      altered: false,
    });
  });
});
