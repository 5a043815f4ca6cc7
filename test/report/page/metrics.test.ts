/** Metrics documents as values, comparisons and tables. */
import { describe, expect, it } from 'vitest';
import { compare } from '../../../lib/report/page/comparison.ts';
import { html } from '../../../lib/report/page/markup.ts';
import { flatten, formatAlike, split } from '../../../lib/report/page/metric-values.ts';
import { findConfusions } from '../../../lib/report/page/section-confusion.ts';
import { digest } from '../fixtures.ts';
import { documentOf } from './page-facts.ts';

describe('flatten', () => {
  it('keeps numbers, truths and short texts by dotted name, and no lists', () => {
    const value = { a: 1, b: { c: 'x', d: null, e: [1, 2] }, long: 'x'.repeat(41), f: false };
    expect([...flatten(value)]).toEqual([
      ['a', 1],
      ['b.c', 'x'],
      ['b.d', null],
      ['f', false],
    ]);
    expect([...flatten([1, 2])]).toEqual([]);
  });
});

describe('split', () => {
  it('finds objects of one shape side by side as a table', () => {
    const value = { records: 8, detectors: { loss: { auroc: 0.7, found: [1] }, spectral: { auroc: 0.6, found: [] } } };
    const { values, tables } = split(value);
    expect([...values]).toEqual([['records', 8]]);
    expect(tables.map(({ name, rows }) => [name, [...rows.keys()]])).toEqual([['detectors', ['loss', 'spectral']]]);
  });
});

describe('formatAlike', () => {
  it('gives all numbers of a metric the same decimals, as many as four digits need', () => {
    expect(formatAlike([0.97, 0.9711111, 1])).toEqual(['0.9700', '0.9711', '1.0000']);
    expect(formatAlike([128, 7])).toEqual(['128', '7']);
    expect(formatAlike([null, undefined, true, 'V1'])).toEqual(['none', '', 'yes', 'V1']);
    expect(formatAlike([0.5, 1.25e-9])).toEqual(['0.5', '1.25e-9']);
    expect(formatAlike([1e20])).toEqual(['100000000000000000000']);
  });
});

describe('compare', () => {
  it('tells what differs line by line, what does not in a word, and before and after as one', () => {
    const of = (chosen: number): Map<string, number | string> =>
      new Map<string, number | string>([
        ['records', 2128],
        ['before.chosen', 0.96],
        ['after.chosen', chosen],
        ['data', digest('data')],
      ]);
    const { lines, same } = compare([of(0.62), of(0.96)]);
    expect(same).toEqual(['records 2128', `data ${digest('data')}`]);
    expect(lines.map(({ name, cells }) => [name, html`${cells}`.text.replaceAll(/<[^>]*>/g, '')])).toEqual([
      ['chosen, before → after', '0.96 → 0.620.96'],
    ]);
  });

  it('of one instance tells all', () => {
    const { lines, same } = compare([new Map([['steps', 40]])]);
    expect({ lines, same }).toEqual({ lines: [{ name: 'steps', cells: ['40'] }], same: [] });
  });
});

describe('findConfusions', () => {
  it('takes square lists of counts named confusion, each once', () => {
    const matrix = [
      [3, 1],
      [0, 4],
    ];
    const found = findConfusions([
      documentOf('evaluate', { after: { confusion: matrix }, confusion: [[1, 2]] }),
      documentOf('again', { before: { confusion: matrix }, other: matrix }),
    ]);
    expect(found.map(({ titles, counts }) => ({ titles, counts }))).toEqual([
      { titles: ['evaluate.metrics, after', 'again.metrics, before'], counts: matrix },
    ]);
  });
});
