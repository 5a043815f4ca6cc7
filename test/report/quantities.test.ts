import { describe, expect, it } from 'vitest';
import { formatCount, formatDuration, formatMetric, formatMoment, formatSize } from '../../lib/report/quantities.ts';
import { alignColumns, cutTo, singleLine } from '../../lib/report/table.ts';
import { makeColors } from '../../lib/report/colors.ts';

describe('quantities', () => {
  it('gives durations a unit and no more digits than help', () => {
    const durations = [0, 7, 340, 999, 1_000, 8_234, 59_900, 61_000, 123_400, 4_320_000, 90_000_000];
    expect(durations.map(formatDuration)).toMatchInlineSnapshot(`
      [
        "0 ms",
        "7 ms",
        "340 ms",
        "999 ms",
        "1 s",
        "8.2 s",
        "59.9 s",
        "1 min 1 s",
        "2 min 3 s",
        "1 h 12 min",
        "1 d 1 h",
      ]
    `);
  });

  it('gives sizes in powers of 1000', () => {
    expect([0, 999, 12_400_000, 2.5e9].map(formatSize)).toMatchInlineSnapshot(`
      [
        "0 B",
        "999 B",
        "12.4 MB",
        "2.5 GB",
      ]
    `);
  });

  it('gives metrics four significant digits and leaves counts whole', () => {
    expect([0.973123, 1234567, 0, -0.00012345, 12.3456].map(formatMetric)).toMatchInlineSnapshot(`
      [
        "0.9731",
        "1234567",
        "0",
        "-0.0001234",
        "12.35",
      ]
    `);
  });

  it('gives moments so that they sort', () => {
    expect(formatMoment(new Date(2025, 2, 4, 15, 6, 7).getTime())).toBe('2025-03-04 15:06:07');
  });

  it('knows one from many', () => {
    expect([formatCount(1, 'stage'), formatCount(0, 'stage'), formatCount(2, 'match', 'matches')]).toEqual([
      '1 stage',
      '0 stages',
      '2 matches',
    ]);
  });
});

describe('tables', () => {
  it('aligns by what the eye sees, so that colour codes take no room', () => {
    const { red } = makeColors(true);
    const [first, second] = alignColumns([
      [red('ab'), 'x'],
      ['abcd', 'y'],
    ]);
    expect([first, second]).toEqual([`${red('ab')}    x`, 'abcd  y']);
  });

  it('aligns numbers to the right where asked and leaves nothing trailing', () => {
    expect(
      alignColumns(
        [
          ['1', 'a', ''],
          ['100', 'b', ''],
        ],
        { right: [0] },
      ),
    ).toEqual(['  1  a', '100  b']);
  });

  it('cuts long text and takes line breaks and terminal controls out of what programs say', () => {
    expect(cutTo('abcdef', 4)).toBe('abc…');
    expect(singleLine('loss\r\n \u001b[2J0.4\u0007')).toBe('loss  0.4');
  });
});
