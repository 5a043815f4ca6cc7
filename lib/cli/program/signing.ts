/** The commands about keys, signatures and the transparency log. */
import { Option, type Command } from 'commander';
import { collect, examples, pipelineOptions, type Run } from './parts.ts';

export function signing(program: Command, run: Run): void {
  logCommands(program, run);
  keyCommands(program, run);
  freezeCommand(program, run);
}

function freezeCommand(program: Command, run: Run): void {
  pipelineOptions(
    program
      .command('freeze')
      .description('sign every file and layer of a model, and keep the model; verify tells later what became of it')
      .argument('<what>', 'stage.output, a digest, or a folder'),
  )
    .option('--out <file>', 'write the signature there too, to publish it beside the model (for a folder: FOLDER.sig)')
    .option('--replace', 'in place of what was frozen under this name before')
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay freeze retrain.model --out model.sig', 'assay freeze ./model']))
    .action((what: string, options) =>
      run(async (session) => (await import('../commands/freeze.ts')).freezeCommand(session, what, options)),
    );
}

/** Beside `assay log <stage>`. */
function logCommands(program: Command, run: Run): void {
  const log = program.commands.find((command) => command.name() === 'log') as Command;
  // `assay log` has a --json of its own, which takes that of its subcommands: they ask for both.
  log
    .command('verify')
    .description('hold the signed log against the database, and a published checkpoint (exit code 3)')
    .argument('[checkpoint]', 'a file that holds a checkpoint, as assay log checkpoint prints it')
    .option('--key <file>', 'a public key of someone else who ran this project; may be given again', collect)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay log verify', 'assay log verify checkpoint-of-the-paper.txt --key ada.pem']))
    .action((checkpoint: string | undefined, _, command: Command) =>
      run(async (session) =>
        (await import('../commands/log-verify.ts')).logVerifyCommand(session, checkpoint, command.optsWithGlobals()),
      ),
    );
  log
    .command('checkpoint')
    .description('print what to publish: how long the log is, its root, and the signature')
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay log checkpoint > checkpoint.txt']))
    .action((_, command: Command) =>
      run(async (session) =>
        (await import('../commands/log-checkpoint.ts')).logCheckpointCommand(session, command.optsWithGlobals()),
      ),
    );
}

function keyCommands(program: Command, run: Run): void {
  const keys = program
    .command('keys')
    .description('the keys that sign statements, the log and frozen models')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThey lie in $ASSAY_KEYS, or in assay/keys below $XDG_CONFIG_HOME or ~/.config, and are made when first needed.\n' +
        'A passphrase in $ASSAY_PASSPHRASE encrypts them.\n' +
        examples(['assay keys', 'assay keys public --out ada.pem', 'assay keys rotate']),
    )
    .action((options) => run(async (session) => (await import('../commands/keys.ts')).keysCommand(session, options)));
  keys
    .command('new')
    .description('make the keys that are missing')
    .action(() => run(async (session) => (await import('../commands/keys.ts')).newKeysCommand(session)));
  keys
    .command('rotate')
    .description('replace keys; the old ones endorse the new, and stay known as retired')
    .addOption(keyType('only this one'))
    .action((options) =>
      run(async (session) => (await import('../commands/keys.ts')).rotateKeysCommand(session, options)),
    );
  keys
    .command('public')
    .description('the public key to hand out')
    .addOption(keyType('which one').default('ed25519'))
    .option('--out <file>', 'write it here instead of printing it')
    .addHelpText('after', examples(['assay keys public --type p256 --out ada-models.pem']))
    .action((options) =>
      run(async (session) => (await import('../commands/keys.ts')).publicKeyCommand(session, options)),
    );
}

function keyType(description: string): Option {
  return new Option(
    '--type <type>',
    `${description}: ed25519 signs statements and the log, p256 frozen models`,
  ).choices(['ed25519', 'p256']);
}
