/** What `assay run` takes, for who parses a command line, and for who reads one that was recorded. */
import type { Command } from 'commander';
import type { ForceOption } from '../planning.ts';
import { parseCount, pipelineOptions } from './parts.ts';

/** Adds the command, without what it does. */
export function runSyntax(program: Command): Command {
  return pipelineOptions(
    program
      .command('run')
      .description('run what is stale, and all that the targets need')
      .argument('[targets...]', 'stages, instances or outputs (default: the targets of pipeline.yaml, or all)')
      .option('--jobs <n>', 'stages at one time (default: the number of cores)', parseCount)
      .option('--force [stage]', 'run again although cached: this stage, or without a name the targets', collectForce)
      .option('--keep-going', 'after a failure, run what does not need the failed stage')
      .option('--json', 'print one JSON event a line'),
  );
}

/** Names add up. Commander gives `true` for a bare --force without asking. */
export function collectForce(stage: string, before?: ForceOption): ForceOption {
  return [...(Array.isArray(before) ? (before as string[]) : []), stage];
}

/** Adds the options that come before any command. */
export function globalOptions(program: Command): Command {
  return program.option('--project <dir>', 'the folder that holds pipeline.yaml (default: the nearest one upwards)');
}

/**
 * The targets of a recorded command line: `evaluate` of `--project x run evaluate --set seed=2`. None of another command's.
 * Throws CommanderError for one that is none.
 */
export function recordedTargets(program: Command, argv: readonly string[]): string[] {
  const quiet = { writeErr: () => {}, writeOut: () => {} };
  const run = runSyntax(globalOptions(program.exitOverride().configureOutput(quiet)));
  const { operands, unknown } = program.parseOptions([...argv]);
  return operands[0] === 'run' ? [...operands.slice(1), ...run.parseOptions(unknown).operands] : [];
}
