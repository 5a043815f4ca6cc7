/** The commands that tell what is, and what was run. */
import { Option, type Command } from 'commander';
import { examples, parseCount, pipelineOptions, type Run } from './parts.ts';

export function reporting(program: Command, run: Run): void {
  pipelineOptions(
    program
      .command('status')
      .description('each stage now, the last run, the size of the store')
      .argument('[targets...]', 'as for run'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay status', 'assay status evaluate']))
    .action((targets: string[], options) =>
      run(async (session) => (await import('../commands/status.ts')).statusCommand(session, targets, options)),
    );

  program
    .command('log')
    .description("a stage's executions and what the latest wrote")
    .argument('<stage>', 'a stage or an instance, of the past too; stage:verify for one called as a subcommand is')
    .option('--execution <n>', 'show the log of this execution', parseCount)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay log poison', 'assay log poison --execution 12', 'assay log stage:verify']))
    .action((stage: string, options) =>
      run(async (session) => (await import('../commands/log.ts')).logCommand(session, stage, options)),
    );

  pipelineOptions(
    program
      .command('show')
      .description('an artifact with its content, or a run')
      .argument('<what>', 'stage.output, the first digits of a digest, or run:N'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay show evaluate.metrics', 'assay show 3f2a', 'assay show run:12']))
    .action((what: string, options) =>
      run(async (session) => (await import('../commands/show.ts')).showCommand(session, what, options)),
    );

  pipelineOptions(
    program
      .command('lineage')
      .description('what an artifact was made from, and what was made from it')
      .argument('<artifact>', 'stage.output, or the first digits of a digest'),
  )
    .option('--up', 'only what it was made from')
    .option('--down', 'only what was made from it')
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay lineage evaluate.metrics', 'assay lineage fetch.data --down']))
    .action((artifact: string, options) =>
      run(async (session) => (await import('../commands/lineage.ts')).lineageCommand(session, artifact, options)),
    );

  pipelineOptions(program.command('graph').description('the pipeline as a drawing'))
    .addOption(
      new Option('--format <format>', 'the notation').choices(['text', 'mermaid', 'dot', 'json']).default('text'),
    )
    .option('--json', 'the same as --format json')
    .addHelpText('after', examples(['assay graph', 'assay graph --format dot | dot -Tsvg > pipeline.svg']))
    .action((options) => run(async (session) => (await import('../commands/graph.ts')).graphCommand(session, options)));

  program
    .command('diff')
    .description('params, verdicts, artifacts and metrics that differ between two runs')
    .argument('<runA>', 'a run number', parseCount)
    .argument('<runB>', 'a run number', parseCount)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay diff 11 12']))
    .action((runA: number, runB: number, options) =>
      run(async (session) => (await import('../commands/diff.ts')).diffCommand(session, runA, runB, options)),
    );
}
