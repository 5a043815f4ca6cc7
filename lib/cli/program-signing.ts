/** The commands about keys, signatures and the transparency log. */
import { Option, type Command } from 'commander';
import { collect, examples, type Run } from './program-parts.ts';

export function signing(program: Command, run: Run): void {
  logCommands(program, run);
  keyCommands(program, run);
}

/** Beside `assay log <stage>`. */
function logCommands(program: Command, run: Run): void {
  const log = program.commands.find((command) => command.name() === 'log') as Command;
  // Or `assay log verify --json` would be the parent's.
  log.enablePositionalOptions();
  log
    .command('verify')
    .description('hold the signed log against the database, and a published checkpoint (exit code 3)')
    .argument('[checkpoint]', 'a file that holds a checkpoint, as assay log checkpoint prints it')
    .option('--key <file>', 'a public key of someone else who ran this project; may be given again', collect)
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay log verify', 'assay log verify checkpoint-of-the-paper.txt --key ada.pem']))
    .action((checkpoint: string | undefined, options) =>
      run(async (session) => (await import('./commands/log-verify.ts')).logVerifyCommand(session, checkpoint, options)),
    );
  log
    .command('checkpoint')
    .description('print what to publish: how long the log is, its root, and the signature')
    .option('--json', 'print JSON')
    .addHelpText('after', examples(['assay log checkpoint > checkpoint.txt']))
    .action((options) =>
      run(async (session) => (await import('./commands/log-checkpoint.ts')).logCheckpointCommand(session, options)),
    );
}

function keyCommands(program: Command, run: Run): void {
  const keys = program
    .command('keys')
    .enablePositionalOptions()
    .description('the keys that sign statements, the log and frozen models')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThey lie in $ASSAY_KEYS, or in assay/keys below $XDG_CONFIG_HOME or ~/.config, and are made when first needed.\n' +
        'A passphrase in $ASSAY_PASSPHRASE encrypts them.\n' +
        examples(['assay keys', 'assay keys public --out ada.pem', 'assay keys rotate']),
    )
    .action((options) => run(async (session) => (await import('./commands/keys.ts')).keysCommand(session, options)));
  keys
    .command('new')
    .description('make the keys that are missing')
    .action(() => run(async (session) => (await import('./commands/keys.ts')).newKeysCommand(session)));
  keys
    .command('rotate')
    .description('replace keys; the old ones endorse the new, and stay known as retired')
    .addOption(keyType('only this one'))
    .action((options) =>
      run(async (session) => (await import('./commands/keys.ts')).rotateKeysCommand(session, options)),
    );
  keys
    .command('public')
    .description('the public key to hand out')
    .addOption(keyType('which one').default('ed25519'))
    .option('--out <file>', 'write it here instead of printing it')
    .addHelpText('after', examples(['assay keys public --type p256 --out ada-models.pem']))
    .action((options) =>
      run(async (session) => (await import('./commands/keys.ts')).publicKeyCommand(session, options)),
    );
}

function keyType(description: string): Option {
  return new Option(
    '--type <type>',
    `${description}: ed25519 signs statements and the log, p256 frozen models`,
  ).choices(['ed25519', 'p256']);
}
