/** Every command's name, arguments, options and help. The commands themselves are loaded when called. */
import { Command, Option } from 'commander';
import type { Terminal } from '../report/reporter.ts';
import { collect, examples, parseCount, pipelineOptions, type CommandBody, type Run } from './program-parts.ts';
import { showing } from './program-showing.ts';
import { collectForce, globalOptions, runSyntax } from './run-syntax.ts';
import { signing } from './program-signing.ts';
import { tracing } from './program-tracing.ts';
import { ASSAY_VERSION } from './version.ts';

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
  const run = (body: CommandBody): Promise<void> => start(program.opts<{ project?: string }>().project, body);

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

function running(program: Command, run: Run): void {
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
      run(async (session) => (await import('./commands/run.ts')).runCommand(session, targets, options)),
    );

  pipelineOptions(program.command('plan').description('what would run, and why').argument('[targets...]', 'as for run'))
    .option('--force [stage]', 'as for run', collectForce)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay plan', 'assay plan evaluate --set seed=2']))
    .action((targets: string[], options) =>
      run(async (session) => (await import('./commands/plan.ts')).planCommand(session, targets, options)),
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
      run(async (session) => (await import('./commands/why.ts')).whyCommand(session, stage, options)),
    );
}

function reporting(program: Command, run: Run): void {
  pipelineOptions(
    program
      .command('status')
      .description('each stage now, the last run, the size of the store')
      .argument('[targets...]', 'as for run'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay status', 'assay status evaluate']))
    .action((targets: string[], options) =>
      run(async (session) => (await import('./commands/status.ts')).statusCommand(session, targets, options)),
    );

  program
    .command('log')
    .description("a stage's executions and what the latest wrote")
    .argument('<stage>', 'a stage or an instance, of the past too; stage:verify for one called as a subcommand is')
    .option('--execution <n>', 'show the log of this execution', parseCount)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay log poison', 'assay log poison --execution 12', 'assay log stage:verify']))
    .action((stage: string, options) =>
      run(async (session) => (await import('./commands/log.ts')).logCommand(session, stage, options)),
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
      run(async (session) => (await import('./commands/show.ts')).showCommand(session, what, options)),
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
      run(async (session) => (await import('./commands/lineage.ts')).lineageCommand(session, artifact, options)),
    );

  pipelineOptions(program.command('graph').description('the pipeline as a drawing'))
    .addOption(
      new Option('--format <format>', 'the notation').choices(['text', 'mermaid', 'dot', 'json']).default('text'),
    )
    .option('--json', 'the same as --format json')
    .addHelpText('after', examples(['assay graph', 'assay graph --format dot | dot -Tsvg > pipeline.svg']))
    .action((options) => run(async (session) => (await import('./commands/graph.ts')).graphCommand(session, options)));

  program
    .command('diff')
    .description('params, verdicts, artifacts and metrics that differ between two runs')
    .argument('<runA>', 'a run number', parseCount)
    .argument('<runB>', 'a run number', parseCount)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay diff 11 12']))
    .action((runA: number, runB: number, options) =>
      run(async (session) => (await import('./commands/diff.ts')).diffCommand(session, runA, runB, options)),
    );
}

function auditing(program: Command, run: Run): void {
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
      run(async (session) => (await import('./commands/audit-diff.ts')).auditDiffCommand(session, a, b, options)),
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
      run(async (session) => (await import('./commands/audit-dataset.ts')).auditDatasetCommand(session, what, options)),
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
        (await import('./commands/audit-croissant.ts')).auditCroissantCommand(session, file, folder, options),
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
      run(async (session) => (await import('./commands/manifest.ts')).manifestCommand(session, what, options)),
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
      run(async (session) => (await import('./commands/prove.ts')).proveCommand(session, record, dataset, options)),
    );
}

const DATASET_ARGUMENT = 'stage.output, the first digits of a digest, or a path';

function attesting(program: Command, run: Run): void {
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
      run(async (session) => (await import('./commands/attest.ts')).attestCommand(session, what, options)),
    );
}

function keeping(program: Command, run: Run): void {
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
      run(async (session) => (await import('./commands/export.ts')).exportCommand(session, artifact, path, options)),
    );

  program
    .command('gc')
    .description('remove stored bytes that no result reaches')
    .option('--dry-run', 'only say what would go')
    .option('--json', 'print JSON')
    .action((options) => run(async (session) => (await import('./commands/gc.ts')).gcCommand(session, options)));

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
          ? (await import('./commands/verify.ts')).verifyCommand(session, options)
          : (await import('./commands/verify-named.ts')).verifyNamedCommand(session, what, options),
      ),
    );

  pipelineOptions(program.command('doctor').description('check this machine and this store'))
    .option('--rebuild', 'bring the results of a lost or damaged lineage.db back from the store')
    .option('--json', 'print JSON')
    .action((options) =>
      run(async (session) => (await import('./commands/doctor.ts')).doctorCommand(session, options)),
    );

  program
    .command('init')
    .description('write a small pipeline to start from')
    .action(() => run(async (session) => (await import('./commands/init.ts')).initCommand(session)));
}

function parseLimit(text: string): number {
  return text === 'all' ? Infinity : parseCount(text);
}
