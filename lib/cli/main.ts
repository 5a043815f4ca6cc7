#!/usr/bin/env node
/** The command line: `assay <command>`. */
import { systemClock } from '../base/clock.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { buildProgram } from './program/program.ts';
import { openTerminal } from './terminal.ts';
import { CommanderError } from 'commander';

const terminal = openTerminal(process.stdout, process.stderr, process.env);

// Not process.exit: what is still on its way into a pipe would be lost.
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(terminal, async (projectOption, command) => {
    const session = { terminal, clock: systemClock, cwd: process.cwd(), env: process.env, argv, projectOption };
    exitCode = await command(session);
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its message. Help and version end this way too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { printError } = await import('./print-error.ts');
    return printError(error, terminal.err);
  }
}
