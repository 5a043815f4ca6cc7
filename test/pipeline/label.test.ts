import { describe, expect, it } from 'vitest';
import { labelValue } from '../../lib/pipeline/matrix.ts';

describe('labelValue', () => {
  it.each([
    [7, '7'],
    ['7', '%227%22'],
    [true, 'true'],
    ['true', '%22true%22'],
    ['V1', 'V1'],
    ['a/b c', 'a%2Fb%20c'],
    ['', ''],
  ])('writes %o as %s', (value, label) => {
    expect(labelValue(value)).toBe(label);
  });

  it('shortens what would not fit in a folder name, and keeps it apart from its neighbours', () => {
    const [a, b] = [labelValue(`${'x'.repeat(80)}a`), labelValue(`${'x'.repeat(80)}b`)];
    expect(a).toHaveLength(53);
    expect(a).not.toBe(b);
  });
});
