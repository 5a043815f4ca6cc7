/** The Merkle tree over a log that only grows, as RFC 6962 section 2.1 shapes it: leaf = sha256(0x00 || entry). */
import { createHash } from 'node:crypto';
import { hashNode } from '../dataset/merkle.ts';

export function hashEntry(entry: Uint8Array | string): Uint8Array {
  return createHash('sha256').update('\0').update(entry).digest();
}

/** Takes leaves one by one and knows its root after each, with about log2(size) hashes for either. */
export class GrowingTree {
  /** Roots of the whole subtrees, left to right; their sizes are the powers of two that make up `size`. */
  readonly #subtrees: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = hashNode(this.#subtrees.pop() as Uint8Array, node);
    }
    this.#subtrees.push(node);
    this.#size++;
  }

  root(): Uint8Array {
    const last = this.#subtrees.at(-1);
    if (last === undefined) return createHash('sha256').digest();
    return this.#subtrees.slice(0, -1).reduceRight((right, left) => hashNode(left, right), last);
  }
}
