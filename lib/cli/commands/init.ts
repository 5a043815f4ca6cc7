/** `assay init`: a small pipeline to start from. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printLines } from '../print.ts';
import { PIPELINE_FILE } from '../project.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

const PIPELINE_TEXT = `version: 1
params:
  name: world
stages:
  greet:
    program: stages/greet.js
    params: [name]
    outputs: { text: file }
show: [greet.text]
`;

const STAGE_TEXT = `// A stage finds its params, inputs and outputs in the file that ASSAY_CONTEXT names.
import { readFileSync, writeFileSync } from 'node:fs';

const context = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
writeFileSync(context.outputs.text.path, \`hello, \${context.params.name}\\n\`);
`;

const FILES: Readonly<Record<string, string>> = {
  [PIPELINE_FILE]: PIPELINE_TEXT,
  'stages/greet.js': STAGE_TEXT,
};

export async function initCommand(session: Session): Promise<ExitCode> {
  const root = resolve(session.cwd, session.projectOption ?? '.');
  for (const name of Object.keys(FILES)) {
    if (!existsSync(join(root, name))) continue;
    throw new UsageError('init-exists', `${join(root, name)} exists already`, {
      hint: name === PIPELINE_FILE ? 'assay run runs it' : 'start in an empty folder',
    });
  }
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    // Never over a file that came between the look and the write.
    writeFileSync(join(root, name), text, { flag: 'wx' });
  }
  printLines(session.terminal.out, [`wrote ${Object.keys(FILES).join(' and ')}`, 'next: assay run']);
  return EXIT.ok;
}
