import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDiagnostics } from '../../lib/pipeline/format-diagnostic.ts';
import { parse } from './project.ts';

const GOOD = `
version: 1
params: { seed: 1, sweep: { counts: [600, 1200] }, attack: { chosen: 7, count: 600, label: "n=\${attack.count}" } }
profiles: { quick: { attack: { count: 5 } } }
notes: { quick: fast }
show: [sum.table]
stages:
  fetch: { program: stages/a.ts, params: [seed], outputs: { data: dataset } }
  poison:
    program: stages/a.ts
    matrix: { attack.count: "\${sweep.counts}", attack.chosen: [3, 7] }
    params: [attack]
    inputs: { data: fetch.data, raw: ./raw }
    outputs: { data: dataset }
    resources: { memoryMb: "\${attack.count}" }
    timeout: 1h30m
    expect: { data: { added: "\${attack.count}", against: data } }
  sum:
    command: [sum, "{inputs.all}", "\${attack.label}", "{outputs.table}"]
    inputs: { all: "poison[*].data", one: "poison[chosen=3,count=600].data" }
    outputs: { table: file }
`;

/** Pieces that YAML, templates and references give a meaning. */
const piece = fc.constantFrom(
  '',
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '- ',
  '\n',
  '  ',
  '"',
  '*',
  '&a ',
  '*a',
  '${',
  '}',
  '$',
  '.',
  '!x ',
  '#',
  '|',
  '?',
  '0',
  '-1',
  'null',
  '.inf',
  'data',
  '\u0000',
  '\t',
);

test('no text makes the parser throw, and every refusal says where', () => {
  const edits = fc.array(fc.tuple(fc.nat({ max: GOOD.length }), fc.nat({ max: 12 }), piece), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(edits, fc.constantFrom('quick', undefined), (list, profile) => {
      let text = GOOD;
      for (const [at, count, put] of list) text = text.slice(0, at) + put + text.slice(at + count);
      const result = parse(text, { ...(profile === undefined ? {} : { profile }), set: ['attack.chosen=3'] });
      if (result.ok) return;
      expect(result.error.length).toBeGreaterThan(0);
      const lines = text.split('\n');
      for (const { code, location, sourceLine } of result.error) {
        expect(code).toMatch(/^[a-z-]+$/);
        if (location === undefined) continue;
        expect(sourceLine).toBe(lines[location.line - 1]);
        expect(location.length).toBeGreaterThanOrEqual(1);
        expect(location.column - 1).toBeLessThanOrEqual((sourceLine ?? '').length);
      }
      expect(formatDiagnostics(result.error)).not.toMatch(/Invalid input|undefined|\[object/);
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 150) },
  );
});
