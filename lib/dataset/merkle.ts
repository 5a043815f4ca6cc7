/** The ordered tree over record digests, shaped as RFC 6962 section 2.1 shapes its trees, and proofs that a record is in it. */
import { InternalError } from '../base/errors.ts';
import { digestAt, DIGEST_BYTES, digestWriter, sha256 } from './record-digest.ts';

/** The siblings from the leaf up to the root, RFC 6962 section 2.1.1. */
export interface InclusionProof {
  readonly index: number;
  readonly count: number;
  readonly path: readonly Uint8Array[];
}

/** The root over a row of leaf digests: node = sha256(0x01 || left || right); of no leaves, sha256 of nothing. */
export function merkleRoot(leaves: Uint8Array): Uint8Array {
  return reduceToRoot(leaves, () => {});
}

/** The proof that leaf `index` is under merkleRoot(leaves). */
export function proveInclusion(leaves: Uint8Array, index: number): InclusionProof {
  const count = leaves.length / DIGEST_BYTES;
  if (!(Number.isInteger(index) && index >= 0 && index < count))
    throw new InternalError(`no leaf ${index} of ${count}`);
  const path: Uint8Array[] = [];
  let place = index;
  reduceToRoot(leaves, (row, width) => {
    const sibling = place ^ 1;
    if (sibling < width) path.push(new Uint8Array(digestAt(row, sibling)));
    place >>= 1;
  });
  return { index, count, path };
}

/** Whether the proof leads from this leaf to this root (RFC 9162 section 2.1.3.2). False for a malformed proof. */
export function verifyInclusion(leaf: Uint8Array, proof: InclusionProof, root: Uint8Array): boolean {
  const { index, count, path } = proof;
  if (!Number.isInteger(index) || !Number.isInteger(count) || index < 0 || index >= count) return false;
  let place = index;
  let last = count - 1;
  let digest = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      digest = hashNode(sibling, digest);
      // A last node without a sibling rises unchanged.
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      digest = hashNode(digest, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && Buffer.compare(digest, root) === 0;
}

/**
 * Folds row by row: pairs are hashed, a last one without a partner rises as it is. That gives the RFC's tree, whose left part is
 * the largest power of two below the count, without recursion. Shows each row, with its width, before it is folded.
 */
function reduceToRoot(leaves: Uint8Array, see: (row: Uint8Array, width: number) => void): Uint8Array {
  let width = leaves.length / DIGEST_BYTES;
  if (!Number.isInteger(width)) throw new InternalError(`${leaves.length} bytes are no row of digests`);
  if (width === 0) return sha256(new Uint8Array(0));
  // Not slice(): of a Buffer that is a view, and folding would overwrite the caller's leaves.
  const row = new Uint8Array(leaves);
  const write = digestWriter(row);
  const preimage = new Uint8Array(1 + 2 * DIGEST_BYTES);
  preimage[0] = NODE_PREFIX;
  while (width > 1) {
    see(row, width);
    const pairs = width >> 1;
    for (let i = 0; i < pairs; i++) {
      preimage.set(row.subarray(2 * i * DIGEST_BYTES, 2 * (i + 1) * DIGEST_BYTES), 1);
      write(preimage, i);
    }
    if (width % 2 === 1) row.copyWithin(pairs * DIGEST_BYTES, (width - 1) * DIGEST_BYTES, width * DIGEST_BYTES);
    width = pairs + (width % 2);
  }
  return row.subarray(0, DIGEST_BYTES);
}

/** Marks a node, as RFC 6962 section 2.1 does. */
const NODE_PREFIX = 0x01;

/** The node over two: sha256(0x01 || left || right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(1 + 2 * DIGEST_BYTES);
  preimage[0] = NODE_PREFIX;
  preimage.set(left, 1);
  preimage.set(right, 1 + DIGEST_BYTES);
  return sha256(preimage);
}
