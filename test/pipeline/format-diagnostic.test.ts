import { expect, test } from 'vitest';
import { formatDiagnostics } from '../../lib/pipeline/format-diagnostic.ts';

const at = (column: number, length: number) => ({ file: 'pipeline.yaml', line: 7, column, length });

test('the place, the line, a marker under the fault, and the hint beside it', () => {
  const text = formatDiagnostics([
    {
      code: 'unknown-input',
      message: 'stage "pretrain" reads "mnits", which no stage produces.',
      location: at(21, 5),
      sourceLine: '    inputs: { data: mnits }',
      hint: 'did you mean "mnist"?  (stage "fetch", line 4)',
    },
    { code: 'unknown-profile', message: 'there is no profile "x".', hint: 'profiles: mnist' },
    { code: 'cycle', message: 'these stages wait on each other.' },
  ]);
  expect(text).toMatchInlineSnapshot(`
    "pipeline.yaml:7:21 error[unknown-input] stage "pretrain" reads "mnits", which no stage produces.
          inputs: { data: mnits }
                          ~~~~~   did you mean "mnist"?  (stage "fetch", line 4)

    error[unknown-profile] there is no profile "x".
      profiles: mnist

    error[cycle] these stages wait on each other."
  `);
});

test('the marker lines up after tabs and wide characters, and control characters stay out of the terminal', () => {
  const text = formatDiagnostics([
    { code: 'x', message: 'a \u001b[31mred\u001b[0m name', location: at(8, 4), sourceLine: '\t日本é🙂: oops' },
  ]);
  expect(text).toMatchInlineSnapshot(`
    "pipeline.yaml:7:8 error[x] a �[31mred�[0m name
      	日本é🙂: oops
      	        ~~~~"
  `);
});
