/** Every command's name, arguments, options and help. The commands themselves are loaded when called. */
import { Command } from 'commander';
import type { Terminal } from '../../report/reporter.ts';
import { ASSAY_VERSION } from '../version.ts';
import { auditing } from './auditing.ts';
import { attesting, keeping } from './keeping.ts';
import { examples, type CommandBody, type Run } from './parts.ts';
import { reporting } from './reporting.ts';
import { globalOptions } from './run-syntax.ts';
import { running } from './running.ts';
import { showing } from './showing.ts';
import { signing } from './signing.ts';
import { tracing } from './tracing.ts';

/** Runs a command's body in a session of its own. */
export type StartCommand = (projectOption: string | undefined, body: CommandBody) => Promise<void>;

export function buildProgram(terminal: Terminal, start: StartCommand): Command {
  const program = globalOptions(new Command('assay').version(ASSAY_VERSION, '--version', 'print the version'))
    .description(
      'Runs a declared pipeline of stages, stores every result under the hash of its content, ' +
        'and reruns only what an edit has invalidated.',
    )
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', examples(['assay init', 'assay run', 'assay plan', 'assay why poison']))
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, terminal.err.colors.red('error:'))),
    });
  // One action for all: the body is loaded, then run.
  const run: Run = (body) => start(program.opts<{ project?: string }>().project, body);

  running(program, run);
  reporting(program, run);
  showing(program, run);
  auditing(program, run);
  tracing(program, run);
  attesting(program, run);
  keeping(program, run);
  signing(program, run);
  return program;
}
