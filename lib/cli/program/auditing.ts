/** The commands that compare datasets, and let others check them. */
import { Option, type Command } from 'commander';
import { examples, parseCount, pipelineOptions, type Run } from './parts.ts';

const DATASET_ARGUMENT = 'stage.output, the first digits of a digest, or a path';

export function auditing(program: Command, run: Run): void {
  const audit = program
    .command('audit')
    .description('compare datasets record by record, with one another or with a manifest');
  pipelineOptions(
    audit
      .command('diff')
      .description('every record that was added, removed, relabelled, changed or moved (exit code 3 when any was)')
      .argument('<a>', DATASET_ARGUMENT)
      .argument('<b>', 'the same')
      .addOption(new Option('--split <split>', 'only these records').choices(['train', 'test']))
      .option('--nearest <n>', 'nearest originals of so many new records, or all', parseLimit, 100)
      .option('--html <file>', 'write a page with pictures too')
      .option('--json', 'print JSON'),
  )
    .addHelpText(
      'after',
      examples([
        "assay audit diff fetch.data 'merge[variant=V1].data'",
        'assay audit diff ./mnist ./downloads/mnist --html diff.html',
      ]),
    )
    .action((a: string, b: string, options) =>
      run(async (session) => (await import('../commands/audit-diff.ts')).auditDiffCommand(session, a, b, options)),
    );

  pipelineOptions(
    audit
      .command('dataset')
      .description('whether data is what was published (exit code 3 when it is not)')
      .argument('<what>', DATASET_ARGUMENT)
      .requiredOption('--against <manifest>', 'a manifest file, or another dataset')
      .option('--pin <digest>', 'the digest that the manifest file must have')
      .option('--json', 'print JSON'),
  )
    .addHelpText(
      'after',
      examples([
        'assay audit dataset ./downloads/mnist --against mnist.json',
        'assay audit dataset ./photos --against fetch.data',
      ]),
    )
    .action((what: string, options) =>
      run(async (session) =>
        (await import('../commands/audit-dataset.ts')).auditDatasetCommand(session, what, options),
      ),
    );

  audit
    .command('croissant')
    .description('whether files are those that a Croissant describes (exit code 3 when one is not)')
    .argument('<file>', 'the Croissant, a JSON-LD file')
    .argument('<folder>', 'where the files lie that it describes')
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay audit croissant ./published/croissant.json ./published']))
    .action((file: string, folder: string, options) =>
      run(async (session) =>
        (await import('../commands/audit-croissant.ts')).auditCroissantCommand(session, file, folder, options),
      ),
    );

  pipelineOptions(
    program
      .command('manifest')
      .description('the small file to publish beside a dataset: its root, counts and classes')
      .argument('<what>', DATASET_ARGUMENT)
      .option('--out <file>', 'write it there (default: print it)')
      .option('--records', 'list the digest and label of every record too, so that an audit can name records')
      .option('--json', 'print JSON'),
  )
    .addHelpText('after', examples(['assay manifest fetch.data --out mnist.json', 'assay manifest ./mnist --records']))
    .action((what: string, options) =>
      run(async (session) => (await import('../commands/manifest.ts')).manifestCommand(session, what, options)),
    );

  pipelineOptions(
    program
      .command('prove')
      .description('prove that a record is in a dataset, or check such a proof without the dataset (exit code 3)')
      .argument('[record]', 'train:INDEX, test:INDEX, or the first digits of its digest')
      .argument('[dataset]', DATASET_ARGUMENT)
      .option('--out <file>', 'write the proof there (default: print it)')
      .option('--check <file>', 'check this proof instead, with --manifest or --root')
      .option('--manifest <file>', 'the manifest whose root it must lead to')
      .option('--root <digest>', 'the root it must lead to')
      .option('--json', 'print JSON'),
  )
    .addHelpText(
      'after',
      examples([
        'assay prove train:17 fetch.data --out proof.json',
        'assay prove --check proof.json --manifest mnist.json',
      ]),
    )
    .action((record: string | undefined, dataset: string | undefined, options) =>
      run(async (session) => (await import('../commands/prove.ts')).proveCommand(session, record, dataset, options)),
    );
}

function parseLimit(text: string): number {
  return text === 'all' ? Infinity : parseCount(text);
}
