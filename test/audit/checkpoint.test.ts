import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findSigner, originOf, parseCheckpoint, signCheckpoint, verifierKey } from '../../lib/audit/checkpoint.ts';
import { KeyStore } from '../../lib/audit/keys.ts';
import { GrowingTree, hashEntry } from '../../lib/audit/merkle-log.ts';
import { merkleRoot } from '../../lib/dataset/merkle.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys = KeyStore.open({ ASSAY_KEYS: folder });
const key = keys.signingKey('ed25519');

describe('GrowingTree', () => {
  // Google's Certificate Transparency test vectors (merkle_tree_test.cc): the roots after 0, 1, 2, 3, 7 and 8 of its leaves.
  const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  it.each([
    [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('has the published root after %i leaves', (size, root) => {
    const tree = new GrowingTree();
    for (const leaf of LEAVES.slice(0, size)) tree.add(hashEntry(Buffer.from(leaf, 'hex')));
    expect([tree.size, Buffer.from(tree.root()).toString('hex')]).toEqual([size, root]);
  });

  it('has the root that the whole tree has, after every leaf', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const leaves = Array.from({ length: count }, (_, i) => hashEntry(`entry ${i}`));
        const tree = new GrowingTree();
        for (const leaf of leaves) tree.add(leaf);
        expect(Buffer.from(tree.root())).toEqual(Buffer.from(merkleRoot(Buffer.concat(leaves))));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a checkpoint', () => {
  const root = Buffer.from(hashEntry('root'));
  const origin = originOf(hashEntry('first'));
  const text = signCheckpoint({ origin, size: 12, root }, key);

  it('is a signed note of three lines, a blank one and a signature line', () => {
    const lines = text.split('\n');
    expect(lines.slice(0, 4)).toEqual([origin, '12', root.toString('base64'), '']);
    expect(lines[4]).toMatch(new RegExp(`^— ${origin} [A-Za-z0-9+/]{91}=$`));
    expect(lines.slice(5)).toEqual(['']);
  });

  it('can be verified from its verifier key alone, as other tools do', () => {
    const [name, hash, encoded] = verifierKey(origin, key.publicPem)
      .split('+', 2)
      .concat(verifierKey(origin, key.publicPem).split('+').slice(2).join('+'));
    const raw = Buffer.from(encoded!, 'base64');
    const publicKey = createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]),
      ...{ format: 'der', type: 'spki' },
    });
    const signed = Buffer.from(text.split(' ').at(-1)!, 'base64');
    expect([name, raw[0], signed.subarray(0, 4).toString('hex')]).toEqual([origin, 1, hash]);
    expect(verify(null, Buffer.from(text.slice(0, text.indexOf('\n\n') + 1)), publicKey, signed.subarray(4))).toBe(
      true,
    );
  });

  it('is read back, also as printing leaves it', () => {
    const printed = `\r\n  ${text.replaceAll('\n', '\r\n  ')}\r\n`;
    for (const each of [text, printed]) {
      const checkpoint = parseCheckpoint(each)!;
      expect([checkpoint.origin, checkpoint.size, Buffer.from(checkpoint.root)]).toEqual([origin, 12, root]);
      expect(findSigner(checkpoint, [keys.signingKey('p256').publicPem, key.publicPem])).toBe(key.keyId);
    }
  });

  it.each([
    ['another size', text.replace('\n12\n', '\n11\n')],
    ['another origin', text.replaceAll(origin, 'assay-log/0000000000000000')],
    ['another root', text.replace(root.toString('base64'), Buffer.from(hashEntry('other')).toString('base64'))],
    ['a name that is not its origin', text.replace(`— ${origin}`, '— somebody')],
  ])("is nobody's with %s", (_, altered) => {
    expect(findSigner(parseCheckpoint(altered)!, [key.publicPem])).toBeUndefined();
  });

  it.each(['', 'text', text.split('\n\n')[0]!, `${origin}\n-1\n${root.toString('base64')}\n\n— a AAAAAAAA\n`])(
    'is not %j',
    (other) => {
      expect(parseCheckpoint(other)).toBeUndefined();
    },
  );
});
