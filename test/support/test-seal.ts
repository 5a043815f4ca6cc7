/** A seal that needs no keys: who knows the word can make it. */
import { digestBytes, recordBytes } from '../../lib/base/digest.ts';
import type { Seal } from '../../lib/model/seal.ts';

export const testSeal: Seal = {
  seal: (tag, note) => digestBytes(`word ${recordBytes(tag, note).toString('utf8')}`),
  holds: (tag, note, seal) => seal === testSeal.seal(tag, note),
};
