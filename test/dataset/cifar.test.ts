import { describe, expect, it } from 'vitest';
import { parseCifar } from '../../lib/dataset/cifar.ts';
import { imageAt } from '../../lib/dataset/split.ts';

const RECORD_BYTES = 3073;

/** Red counts up, green is the label, blue is 200. */
function record(label: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  bytes[0] = label;
  for (let i = 0; i < 1024; i++) bytes.set([i % 256], 1 + i);
  bytes.fill(label, 1 + 1024, 1 + 2048);
  bytes.fill(200, 1 + 2048);
  return bytes;
}

const codeOf = (bytes: Uint8Array): unknown => {
  try {
    return parseCifar(bytes, 'data_batch_1.bin');
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return { code, message, hint };
  }
};

describe('CIFAR-10 batches', () => {
  it('turns three colour planes into interleaved pixels, in row order', () => {
    const split = parseCifar(Buffer.concat([record(3), record(9)]), 'data_batch_1.bin');
    expect([...split.labels]).toEqual([3, 9]);
    expect(split.shape).toEqual([32, 32, 3]);
    expect([...imageAt(split, 0).subarray(0, 9)]).toEqual([0, 3, 200, 1, 3, 200, 2, 3, 200]);
    // Row 1, column 0 is byte 32 of each plane.
    expect([...imageAt(split, 1).subarray(3 * 32, 3 * 33)]).toEqual([32, 9, 200]);
  });

  it('refuses a batch that is cut off, and says where', () => {
    expect(codeOf(Buffer.concat([record(1), record(2)]).subarray(0, RECORD_BYTES + 100))).toMatchInlineSnapshot(`
      {
        "code": "cifar-corrupt",
        "hint": "fetch the file again: it was cut off or is something else",
        "message": "data_batch_1.bin is not a sound CIFAR-10 batch: at byte 3073 expected a record of 3073 bytes, found 100 bytes and the end of the file.",
      }
    `);
    expect(codeOf(new Uint8Array(0))).toMatchInlineSnapshot(`
      {
        "code": "cifar-corrupt",
        "hint": "fetch the file again: it was cut off or is something else",
        "message": "data_batch_1.bin is not a sound CIFAR-10 batch: at byte 0 expected a record of 3073 bytes, found 0 bytes and the end of the file.",
      }
    `);
  });

  it('refuses a label that is none, and says where', () => {
    expect(codeOf(Buffer.concat([record(1), record(10)]))).toMatchInlineSnapshot(`
      {
        "code": "cifar-corrupt",
        "hint": "fetch the file again: it was cut off or is something else",
        "message": "data_batch_1.bin is not a sound CIFAR-10 batch: at byte 3073 expected a label of 0 to 9, found 10.",
      }
    `);
  });
});
