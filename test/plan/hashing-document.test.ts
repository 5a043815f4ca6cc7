import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../../lib/base/canonical-json.ts';
import { digestBytes, digestHex, digestRecord, parseDigest } from '../../lib/base/digest.ts';
import { merkleRoot } from '../../lib/dataset/merkle.ts';
import { multisetDigest, recordDigests } from '../../lib/dataset/record-digest.ts';
import { makeSplit } from '../../lib/dataset/split.ts';
import { actionKey, type Action } from '../../lib/model/action.ts';

interface Example {
  readonly kind: string;
  readonly preImage: string;
  readonly digest: string;
}

const text = readFileSync(new URL('../../docs/hashing.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```hash (\w+)\npre-image: (.*)\ndigest: (.*)\n```/g)].map(
  ([, kind, preImage, digest]): Example => ({ kind: kind!, preImage: preImage!, digest: digest! }),
);

const records = examples.filter(({ kind }) => kind === 'record');
const [leaf, node, multiset] = examples.filter(({ kind }) => kind === 'hex');

describe('docs/hashing.md', () => {
  it('has an example of each hashed thing', () => {
    expect(text.match(/```hash/g)).toHaveLength(examples.length);
    const tags = records.map(({ preImage }) => preImage.split('\\0')[0]);
    expect(tags).toEqual(['manifest/v1', 'action/v1', 'expectation-check/v1', 'result/v1', 'linked-package/v1']);
    expect(examples.map(({ kind }) => kind).filter((kind) => kind !== 'record')).toEqual([
      'bytes',
      'hex',
      'hex',
      'hex',
    ]);
  });

  it.each(examples)('gives the digest of its pre-image: $preImage', ({ kind, preImage, digest }) => {
    expect(digestBytes(bytesOf(kind, preImage))).toBe(digest);
    expect(parseDigest(digest)).toBe(digest);
  });

  it.each(records)('writes records as the program does: $preImage', ({ preImage, digest }) => {
    const [tag, json] = preImage.split('\\0') as [string, string];
    const record = JSON.parse(json) as Json;
    expect(canonicalJson(record)).toBe(json);
    expect(digestRecord(tag, record)).toBe(digest);
    if (tag === 'action/v1') expect(actionKey(record as unknown as Action)).toBe(digest);
  });

  it('hashes records of a dataset as the program does', () => {
    const picture = makeSplit([1, 2, 1], Uint8Array.of(0, 255, 0, 255), Uint8Array.of(7, 7));
    const digests = recordDigests(picture);
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    expect(hex(digests)).toBe(digestHex(parseDigest(leaf!.digest)!).repeat(2));
    expect(hex(merkleRoot(digests))).toBe(digestHex(parseDigest(node!.digest)!));
    expect(hex(multisetDigest(digests))).toBe(digestHex(parseDigest(multiset!.digest)!));
  });
});

function bytesOf(kind: string, preImage: string): Buffer {
  if (kind === 'hex') return Buffer.from(preImage.replaceAll(' ', ''), 'hex');
  return Buffer.from(kind === 'record' ? preImage.replaceAll('\\0', '\0') : preImage, 'utf8');
}
