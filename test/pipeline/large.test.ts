import { expect, test } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { errorsOf, parsed } from './project.ts';

function timed<T>(run: () => T): { value: T; durationMs: number } {
  const startMs = systemClock.elapsedMs();
  const value = run();
  return { value, durationMs: systemClock.elapsedMs() - startMs };
}

const matrix = (n: number) => `
version: 1
params: { a: 1, b: { c: 1, d: 2 }, ns: [${Array.from({ length: n }, (_, i) => i).join(', ')}] }
stages:
  fetch: { program: stages/a.ts, outputs: { data: dataset } }
  poison: { program: stages/a.ts, matrix: { a: "\${ns}", b.c: "\${ns}" }, params: [b], inputs: { data: fetch.data }, outputs: { data: dataset }, timeout: "1h", resources: { memoryMb: "\${b.c}" } }
  sum: { program: stages/a.ts, inputs: { all: "poison[*].data" }, outputs: { table: file } }
`;

// Generous bounds: a shared machine is slow, and what is guarded against is a square, not a constant.
test('100,000 instances expand in seconds', () => {
  const { value, durationMs } = timed(() => parsed(matrix(316)));
  expect(value.instances.length).toBe(316 * 316 + 2);
  expect(durationMs).toBeLessThan(15_000);
});

test('2,000 stages in one file parse in seconds', () => {
  const stage = (i: number) =>
    `  s${i}: { program: stages/a.ts, inputs: { x: s${Math.max(0, i - 1)}.data }, outputs: { data: dataset } }\n`;
  const stages = Array.from({ length: 2000 }, (_, i) =>
    i === 0 ? '  s0: { program: stages/a.ts, outputs: { data: dataset } }\n' : stage(i),
  );
  const { value, durationMs } = timed(() => parsed(`version: 1\nstages:\n${stages.join('')}`));
  expect(value.instances.length).toBe(2000);
  expect(durationMs).toBeLessThan(15_000);
});

test('yaml-syntax: aliases that stand for billions of values', () => {
  const lines = Array.from(
    { length: 20 },
    (_, i) =>
      `  a${i}: &a${i} [${
        i === 0
          ? 'x, x'
          : Array(9)
              .fill(`*a${i - 1}`)
              .join(', ')
      }]`,
  );
  expect(errorsOf(`params:\n${lines.join('\n')}\n`)).toMatchInlineSnapshot(`
    "pipeline.yaml:1:1 error[yaml-syntax] pipeline.yaml repeats aliases until they stand for too much; write it out.
      params:
      ~"
  `);
});

test.each(['['.repeat(100_000), '{a: '.repeat(100_000), '- '.repeat(100_000), `${' '.repeat(100_000)}x`])(
  'yaml-syntax: nesting that would exhaust the parser',
  (text) => {
    expect(errorsOf(text)).toMatch(/^pipeline.yaml:1:\d+ error\[yaml-syntax\] pipeline.yaml is nested too deeply\./);
  },
);
