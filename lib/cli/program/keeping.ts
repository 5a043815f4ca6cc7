/** The commands about the store and what leaves it. */
import { Option, type Command } from 'commander';
import { collect, examples, pipelineOptions, type Run } from './parts.ts';

export function attesting(program: Command, run: Run): void {
  pipelineOptions(
    program
      .command('attest')
      .description('an artifact in a form that other tools read')
      .argument('<what>', 'stage.output, or the first digits of a digest')
      .addOption(
        new Option('--as <format>', 'the form')
          .choices(['croissant', 'cyclonedx', 'prov', 'openlineage', 'in-toto', 'model-signing', 'results'])
          .makeOptionMandatory(),
      )
      .option('--out <path>', 'write it there: a file; for croissant a folder (default: print it)')
      .option('--json', 'print JSON'),
  )
    .addHelpText(
      'after',
      examples([
        'assay attest merge.data --as croissant --out ./published',
        'assay attest retrain.model --as cyclonedx --out model.cdx.json',
        'assay attest evaluate.metrics --as prov',
        'assay attest evaluate.metrics --as openlineage --out events.ndjson',
        'assay attest retrain.model --as in-toto --out model.intoto.jsonl',
        'assay attest retrain.model --as model-signing --out model.sig',
        'assay attest study.metrics --as results --out results.json',
      ]),
    )
    .action((what: string, options) =>
      run(async (session) => (await import('../commands/attest.ts')).attestCommand(session, what, options)),
    );
}

export function keeping(program: Command, run: Run): void {
  pipelineOptions(
    program
      .command('export')
      .description('write a verified copy of an artifact that is yours to edit')
      .argument('<artifact>', 'stage.output, or the first digits of a digest')
      .argument('<path>', 'where to; must not exist'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay export retrain.model ./model', 'assay export 3f2a /tmp/data']))
    .action((artifact: string, path: string, options) =>
      run(async (session) => (await import('../commands/export.ts')).exportCommand(session, artifact, path, options)),
    );

  program
    .command('gc')
    .description('remove stored bytes that no result reaches')
    .option('--dry-run', 'only say what would go')
    .option('--json', 'print JSON')
    .action((options) => run(async (session) => (await import('../commands/gc.ts')).gcCommand(session, options)));

  pipelineOptions(
    program
      .command('verify')
      .description('read all that is stored, or a signed model, and say what is not as it was (exit code 3)')
      .argument(
        '[what]',
        'a frozen model: stage.output, a digest, or a folder that lies beside its signature; or a signed results file',
      ),
  )
    .option('--signature <file>', 'of a model: its signature (default: as frozen, else FOLDER.sig)')
    .option(
      '--key <file>',
      'a public key: of a model, trust only it; of the log, trust it too; may be given again',
      collect,
    )
    .option(
      '--since-last',
      'pass over files that an earlier --since-last or --resume read and that have not moved since',
    )
    .option('--resume', 'as --since-last, but only what an interrupted verify read; else begin anew')
    .option('--repair', 'quarantine what is altered, put rows right, run the stages concerned, and verify again')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples([
        'assay verify',
        'assay verify --since-last',
        'assay verify --repair',
        'assay verify retrain.model',
        'assay verify ./model --signature model.sig --key ada.pem',
        'assay verify results.json --key ada.pem',
      ]),
    )
    .action((what: string | undefined, options) =>
      run(async (session) =>
        what === undefined
          ? (await import('../commands/verify.ts')).verifyCommand(session, options)
          : (await import('../commands/verify-named.ts')).verifyNamedCommand(session, what, options),
      ),
    );

  pipelineOptions(program.command('doctor').description('check this machine and this store'))
    .option('--rebuild', 'bring the results of a lost or damaged lineage.db back from the store')
    .option('--json', 'print JSON')
    .action((options) =>
      run(async (session) => (await import('../commands/doctor.ts')).doctorCommand(session, options)),
    );

  program
    .command('init')
    .description('write a small pipeline to start from')
    .action(() => run(async (session) => (await import('../commands/init.ts')).initCommand(session)));
}
