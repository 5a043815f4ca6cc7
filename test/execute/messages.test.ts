import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader, parseMessage } from '../../lib/execute/messages.ts';

describe('parseMessage', () => {
  it.each([
    ['{"type":"message","text":"hello"}', { type: 'message', text: 'hello' }],
    ['{"type":"progress","done":1,"total":4}', { type: 'progress', done: 1, total: 4, unit: '', label: '' }],
    [
      '{"type":"progress","done":1,"total":4,"unit":"steps","label":"loss 0.4","more":1}',
      { type: 'progress', done: 1, total: 4, unit: 'steps', label: 'loss 0.4' },
    ],
    ['{"type":"progress","done":-1,"total":4}', undefined],
    ['{"type":"progress","done":null,"total":4}', undefined],
    ['{"type":"other"}', undefined],
    ['{"type":', undefined],
    ['null', undefined],
  ])('reads %s', (line, message) => {
    expect(parseMessage(line)).toEqual(message);
  });
});

describe('LineReader', () => {
  it('gives the same lines however the bytes are cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), cuts, (text, sizes) => {
        const bytes = Buffer.from(text, 'utf8');
        const reader = new LineReader();
        const lines: string[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] as number;
          lines.push(...reader.push(bytes.subarray(at, at + size)));
          at += size;
        }
        lines.push(...reader.end());
        expect(lines.join('\n')).toBe(text.endsWith('\n') ? text.slice(0, -1) : text);
      }),
    );
  });

  it('does not hoard a line that never ends', () => {
    const reader = new LineReader();
    expect(reader.push(Buffer.alloc(70_000, 'x'))).toEqual(['x'.repeat(70_000)]);
    expect(reader.end()).toEqual([]);
  });
});
