import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../lib/base/errors.ts';
import { encodeIdx, parseIdx } from '../../lib/dataset/idx.ts';

const errorOf = (...bytes: number[]): UserError => {
  try {
    parseIdx(Uint8Array.from(bytes), 'x.idx');
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('parsed');
};
const messageOf = (...bytes: number[]): string => errorOf(...bytes).message;

describe('IDX files', () => {
  it('encodes as the format is published: two zeros, the type, the rank, big-endian sizes, values', () => {
    expect([...encodeIdx([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6))]).toEqual([
      0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6,
    ]);
  });

  it('reads back what it wrote, whatever the dimensions', () => {
    const dimensions = fc.array(fc.nat(6), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(dimensions, fc.nat(255), (sizes, first) => {
        const count = sizes.reduce((product, size) => product * size, 1);
        const values = Uint8Array.from({ length: count }, (_, i) => first + 7 * i);
        const idx = parseIdx(encodeIdx(sizes, values), 'x.idx');
        expect(idx.dimensions).toEqual(sizes);
        expect([...idx.values]).toEqual([...values]);
      }),
    );
  });

  it('reads from the middle of a larger buffer', () => {
    const bytes = Uint8Array.from([9, 9, 9, ...encodeIdx([2], Uint8Array.of(5, 6)), 9]);
    expect([...parseIdx(bytes.subarray(3, bytes.length - 1), 'x.idx').values]).toEqual([5, 6]);
  });

  it('says where a damaged file is wrong, what belongs there and what is there', () => {
    expect([
      messageOf(),
      messageOf(0, 0, 8),
      messageOf(1, 0, 8, 1, 0, 0, 0, 0),
      messageOf(0, 0x1f, 8, 1, 0, 0, 0, 0),
      messageOf(0, 0, 0x0d, 1, 0, 0, 0, 0),
      messageOf(0, 0, 8, 0),
      messageOf(0, 0, 8, 2, 0, 0, 0, 1),
      messageOf(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3),
      messageOf(0, 0, 8, 1, 0, 0, 0, 1, 1, 2, 3),
      messageOf(0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255),
    ]).toMatchInlineSnapshot(`
      [
        "x.idx is not a sound IDX file: at byte 0 expected a header of 4 bytes, found the end of the file (0 bytes).",
        "x.idx is not a sound IDX file: at byte 3 expected a header of 4 bytes, found the end of the file (3 bytes).",
        "x.idx is not a sound IDX file: at byte 0 expected 0x00, found 0x01.",
        "x.idx is not a sound IDX file: at byte 1 expected 0x00, found 0x1f.",
        "x.idx is not a sound IDX file: at byte 2 expected 0x08 (unsigned bytes), found 0x0d.",
        "x.idx is not a sound IDX file: at byte 3 expected at least one dimension, found 0x00.",
        "x.idx is not a sound IDX file: at byte 8 expected 2 dimensions of 4 bytes each, found the end of the file (8 bytes).",
        "x.idx is not a sound IDX file: at byte 15 expected 2 x 2 values, found the end of the file after 3.",
        "x.idx is not a sound IDX file: at byte 9 expected the end of the file after 1 values, found 2 bytes more.",
        "x.idx is not a sound IDX file: at byte 16 expected 4294967295 x 4294967295 x 4294967295 values, found the end of the file after 0.",
      ]
    `);
    expect(errorOf()).toMatchObject({
      code: 'idx-corrupt',
      hint: 'fetch the file again: it was cut off or is something else',
    });
  });

  it('notices any cut and any extra byte', () => {
    const whole = encodeIdx([3, 2, 2], new Uint8Array(12));
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseIdx(whole.subarray(0, length), 'x.idx')).toThrow(UserError);
    }
    expect(() => parseIdx(Uint8Array.from([...whole, 0]), 'x.idx')).toThrow(UserError);
  });
});
