/**
 * Seeded randomness, and the only place it may come from. A stream is named, not carried about: `stream(seed, 'poison', 7)` is the
 * same generator wherever it is asked for, and independent of every stream with another name, so that one more draw in one part of
 * an experiment moves nothing in the others.
 *
 * Only +, -, *, / and sqrt are used, which IEEE 754 rounds the same everywhere: one seed gives the same bits on every machine and
 * every version of the JavaScript engine (Math.log and Math.sin promise no such thing).
 */
import { createHash } from 'node:crypto';

/** One generator: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021). Mutable. */
export interface RandomStream {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** A multiple of 2^-53 in [0, 1). */
  uniform(): number;
  /** A number in [low, high). */
  uniformIn(low: number, high: number): number;
  /** An integer in [0, bound), each equally likely; 1 <= bound <= 2^32. */
  below(bound: number): number;
  /** A standard normal number. */
  normal(): number;
  /** The integers 0 to count - 1 in random order. */
  permutation(count: number): Uint32Array;
  /** `size` distinct integers of 0 to count - 1 in random order. */
  sample(count: number, size: number): Uint32Array;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

/** The generator for one named purpose. Labels are told apart by type: `7` and `'7'` name two streams. */
export function stream(seed: number, ...labels: readonly (string | number)[]): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 1) throw new RangeError(`a seed is an integer of at least 1: got ${seed}`);
  // JSON keeps the labels apart: ('a', 'b') and ('a,b') are two names.
  const hash = createHash('sha256')
    .update(`assay-stream/v1\0${JSON.stringify([seed, ...labels])}`)
    .digest();
  return streamFromState([hash.readUInt32LE(0), hash.readUInt32LE(4), hash.readUInt32LE(8), hash.readUInt32LE(12)]);
}

/** The generator with the given 128 bits of state, not all zero. For published test vectors; experiments use `stream`. */
export function streamFromState(state: readonly [number, number, number, number]): RandomStream {
  if (state.every((word) => word >>> 0 === 0)) throw new RangeError('xoshiro128** needs a state that is not all zero');
  let [a, b, c, d] = state;

  function uint32(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return scrambled;
  }

  function uniform(): number {
    const high = uint32() >>> 5; // 27 bits
    const low = uint32() >>> 6; // 26 bits
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  function below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`a bound is an integer in 1 to 2^32: got ${bound}`);
    }
    // The largest multiple of the bound: above it the remainders would not be equally likely.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const drawn = uint32();
      if (drawn < limit) return drawn % bound;
    }
  }

  /** Marsaglia's polar method (1964); the second number of each pair is dropped, so that the state is all there is to know. */
  function normal(): number {
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const s = x * x + y * y;
      if (s > 0 && s < 1) return x * Math.sqrt((-2 * naturalLog(s)) / s);
    }
  }

  function sample(count: number, size: number): Uint32Array {
    if (!Number.isInteger(count) || !Number.isInteger(size) || size < 0 || size > count) {
      throw new RangeError(`cannot draw ${size} of ${count} without replacement`);
    }
    const items = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = 0; i < size; i++) swap(items, i, i + below(count - i));
    return items.slice(0, size);
  }

  return {
    uint32,
    uniform,
    uniformIn: (low, high) => low + (high - low) * uniform(),
    below,
    normal,
    permutation: (count) => sample(count, count),
    sample,
    shuffle: <T>(items: readonly T[]) => Array.from(sample(items.length, items.length), (i) => items[i] as T),
  };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function swap(items: Uint32Array, i: number, j: number): void {
  const held = items[i] as number;
  items[i] = items[j] as number;
  items[j] = held;
}

/** The natural logarithm of 0 < x < 1, to about 2 units in the last place, from exactly rounded operations alone. */
function naturalLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); |z| < 0.172 here, so that the 11th term is below 2^-55 of the first.
  const z = (mantissa - 1) / (mantissa + 1);
  const zz = z * z;
  let sum = 0;
  for (let k = 21; k >= 1; k -= 2) sum = sum * zz + 1 / k;
  return exponent * Math.LN2 + 2 * z * sum;
}
