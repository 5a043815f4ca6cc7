/** The commands that follow data through runs, both ways. */
import type { Command } from 'commander';
import { collect, examples, type Run } from './parts.ts';

export function tracing(program: Command, run: Run): void {
  pipelineOptions(
    program
      .command('taint')
      .description('everything made from an artifact, or every dataset and model that a record reached')
      .argument(
        '<what>',
        'stage.output, the first digits of an artifact, or of a record; or train:INDEX with a dataset',
      )
      .argument('[dataset]', 'with train:INDEX or test:INDEX: the dataset that is counted in'),
  )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(['assay taint fetch.data', 'assay taint train:60012 merge.data', 'assay taint record:5f0c91d2']),
    )
    .action((what: string, dataset: string | undefined, options) =>
      run(async (session) => (await import('../commands/taint.ts')).taintCommand(session, what, dataset, options)),
    );

  pipelineOptions(
    program
      .command('origins')
      .description('every source of an artifact with its digest, and the stages between, with code and params')
      .argument('<what>', 'stage.output, or the first digits of a digest'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay origins retrain.model', 'assay origins 3f2a --json']))
    .action((what: string, options) =>
      run(async (session) => (await import('../commands/origins.ts')).originsCommand(session, what, options)),
    );
}

function pipelineOptions(command: Command): Command {
  return command
    .option('--profile <name>', 'overlay this profile of pipeline.yaml')
    .option('--set <param=value>', 'set a param; may be given again', collect);
}
