import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRaisedCodes, readExplainedCodes } from '../support/raised-codes.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('docs/errors.md', () => {
  const { codes, unresolved } = findRaisedCodes(ROOT);
  const explained = readExplainedCodes(join(ROOT, 'docs/errors.md'));

  it('is compared with codes that are found at all, each of them understood', () => {
    expect(unresolved).toEqual([]);
    // One of each way to raise: an error, a report at a place, an object, a template, a returned tuple, a printed line.
    const samples = ['no-pipeline', 'unknown-param', 'stage-timed-out', 'output-empty', 'store-full', 'system'];
    expect(samples.filter((code) => !codes.has(code))).toEqual([]);
  });

  it('explains every code that the source raises', () => {
    const known = new Set(explained);
    expect([...codes].filter(([code]) => !known.has(code)).map((entry) => entry.join(' at '))).toEqual([]);
  });

  it('explains none that the source does not raise, and none twice', () => {
    expect(explained.filter((code, index) => !codes.has(code) || explained.indexOf(code) !== index)).toEqual([]);
  });
});
