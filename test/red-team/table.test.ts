/** docs/red-team.md is made of the attempts themselves: UPDATE_DOCS=1 writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RECORD_ATTEMPTS } from './record-attempts.ts';
import { SIGNATURE_ATTEMPTS } from './signature-attempts.ts';
import { STORE_ATTEMPTS } from './store-attempts.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/red-team.md');

interface Attempt {
  readonly name: string;
  readonly how: string;
  readonly command: readonly string[];
  readonly finding: string;
  readonly exitCode: number;
}

const CHAPTERS: readonly [title: string, attempts: readonly Attempt[]][] = [
  ['Records', RECORD_ATTEMPTS],
  ['Store, database, pipeline and a run under way', STORE_ATTEMPTS],
  ['Signatures, the log and frozen models', SIGNATURE_ATTEMPTS],
];

function document(): string {
  const count = CHAPTERS.reduce((sum, [, attempts]) => sum + attempts.length, 0);
  return [
    '# The red team',
    '',
    `${count} ways to cheat, each tried by the tests with the real command line (test/red-team): what the attacker does, which command tells,`,
    'what it says and with which exit code. What no command can tell is in threat-model.md. This file is made from the tests.',
    '',
    ...CHAPTERS.flatMap(([title, attempts]) => [
      `## ${title}`,
      '',
      '| attempt | how | told by | report | exit |',
      '|---|---|---|---|---|',
      ...attempts.map(({ name, how, command, finding, exitCode }) => {
        return `| ${[name, how, code(`assay ${command.join(' ')}`), code(finding), String(exitCode)].map(cell).join(' | ')} |`;
      }),
      '',
    ]),
  ].join('\n');
}

/** Digests of the scene say nothing to a reader. */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/[0-9a-f]{16,64}/g, (hex) => `${hex.slice(0, 8)}…`)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
}

it('every attempt stands in docs/red-team.md', () => {
  if (process.env['UPDATE_DOCS'] !== undefined) writeFileSync(DOCUMENT, document());
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(document());
});
