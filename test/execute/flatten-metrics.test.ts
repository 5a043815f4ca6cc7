import { describe, expect, it } from 'vitest';
import { flattenMetrics } from '../../lib/execute/flatten-metrics.ts';

describe('flattenMetrics', () => {
  it('names each number by its path, in UTF-8 order, and leaves out what is no number', () => {
    const value = {
      loss: 0.5,
      confusion: [
        [3, 1],
        [0, 4],
      ],
      note: 'x',
      ok: true,
      none: null,
      perClass: { '7': { recall: 1 } },
    };
    expect(flattenMetrics(value)).toEqual({
      metrics: [
        { name: 'confusion.0.0', value: 3 },
        { name: 'confusion.0.1', value: 1 },
        { name: 'confusion.1.0', value: 0 },
        { name: 'confusion.1.1', value: 4 },
        { name: 'loss', value: 0.5 },
        { name: 'perClass.7.recall', value: 1 },
      ],
      duplicate: null,
    });
  });

  it('finds two numbers that would share a name', () => {
    expect(flattenMetrics({ 'a.b': 1, a: { b: 2 } }).duplicate).toBe('a.b');
  });
});
