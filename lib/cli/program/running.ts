/** The commands that run a pipeline, or say what a run would do. */
import type { Command } from 'commander';
import { collectForce, runSyntax } from './run-syntax.ts';
import { examples, pipelineOptions, type Run } from './parts.ts';

export function running(program: Command, run: Run): void {
  runSyntax(program)
    .addHelpText(
      'after',
      examples([
        'assay run',
        'assay run evaluate --set attack.count=1200',
        'assay run --profile mnist --jobs 4',
        "assay run 'poison[chosen=7,count=600]'",
        'assay run --force retrain',
      ]),
    )
    .action((targets: string[], options) =>
      run(async (session) => (await import('../commands/run.ts')).runCommand(session, targets, options)),
    );

  pipelineOptions(program.command('plan').description('what would run, and why').argument('[targets...]', 'as for run'))
    .option('--force [stage]', 'as for run', collectForce)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay plan', 'assay plan evaluate --set seed=2']))
    .action((targets: string[], options) =>
      run(async (session) => (await import('../commands/plan.ts')).planCommand(session, targets, options)),
    );

  pipelineOptions(
    program
      .command('why')
      .description('the exact fields that make a stage stale, and why it last ran')
      .argument('<stage>', 'a stage or an instance'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay why poison', 'assay why poison --set attack.count=1200']))
    .action((stage: string, options) =>
      run(async (session) => (await import('../commands/why.ts')).whyCommand(session, stage, options)),
    );
}
