/** `assay keys`: what signs here, and how others get the public half. Private halves are never printed. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { rotateKey } from '../../audit/endorsement.ts';
import { KEY_ALGORITHMS, KeyStore, type KeyAlgorithm, type OwnKey } from '../../audit/keys.ts';
import { StatementLog } from '../../audit/statement-log.ts';
import { alignColumns } from '../../report/table.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface KeysOptions {
  readonly json?: true;
}

export interface PublicKeyOptions {
  readonly type?: KeyAlgorithm;
  readonly out?: string;
}

/** `assay keys --json`. */
export interface KeysJson {
  readonly folder: string;
  readonly keys: readonly OwnKey[];
}

const PURPOSE: Readonly<Record<KeyAlgorithm, string>> = {
  ed25519: 'statements and the log',
  p256: 'frozen models',
};
const SHORT_ID = 16;

export async function keysCommand(session: Session, options: KeysOptions): Promise<ExitCode> {
  const store = KeyStore.open(session.env);
  const keys = store.publicKeys();
  const { out } = session.terminal;
  if (options.json) printJson(out, { folder: store.folder, keys } satisfies KeysJson);
  else if (keys.length === 0)
    printLines(out, [`no keys in ${store.folder} yet: assay keys new, or the first assay run`]);
  else printLines(out, [...alignColumns(keys.map(keyRow)), `in ${store.folder}`]);
  return EXIT.ok;
}

/** Makes those that are missing. */
export async function newKeysCommand(session: Session): Promise<ExitCode> {
  const store = KeyStore.open(session.env);
  const missing = KEY_ALGORITHMS.filter((algorithm) => !store.hasKey(algorithm));
  if (missing.length === 0) {
    throw new UsageError('keys-exist', `there are keys in ${store.folder}`, {
      hint: 'assay keys rotate replaces them so that others can follow',
    });
  }
  for (const algorithm of missing) store.signingKey(algorithm);
  return keysCommand(session, {});
}

/** The log hears of it with its next entry, which is the endorsement. */
export async function rotateKeysCommand(session: Session, options: PublicKeyOptions): Promise<ExitCode> {
  const store = KeyStore.open(session.env);
  const algorithms = options.type === undefined ? KEY_ALGORITHMS.filter((each) => store.hasKey(each)) : [options.type];
  const [first] = algorithms;
  if (first === undefined || !algorithms.every((each) => store.hasKey(each))) {
    throw new UsageError('keys-missing', `there is no key to replace in ${store.folder}`, { hint: 'assay keys new' });
  }
  const rows = algorithms.map((algorithm) => {
    const before = store.signingKey(algorithm);
    const after = rotateKey(store, algorithm);
    return [algorithm, short(before.keyId), '->', short(after.keyId)];
  });
  // First, for the keys are replaced whatever the log says.
  printLines(session.terminal.out, [
    ...alignColumns(rows),
    'hand out the new public keys: assay keys public --type ed25519, --type p256',
  ]);
  await endorseInProject(session, store);
  return EXIT.ok;
}

export async function publicKeyCommand(session: Session, options: PublicKeyOptions): Promise<ExitCode> {
  const { publicPem } = KeyStore.open(session.env).signingKey(options.type ?? 'ed25519');
  const { out } = session.terminal;
  if (options.out === undefined) {
    out.write(publicPem);
    return EXIT.ok;
  }
  const path = resolve(session.cwd, options.out);
  if (existsSync(path)) {
    throw new UsageError('target-exists', `${options.out} exists already`, { hint: 'name a path that does not exist' });
  }
  writeFileSync(path, publicPem, { flag: 'wx' });
  printLines(out, [`wrote ${options.out}`]);
  return EXIT.ok;
}

/** Outside a project there is no log; each project's log gets it before its next entry. */
async function endorseInProject(session: Session, keys: KeyStore): Promise<void> {
  const { findProjectRoot } = await import('../project.ts');
  const { withParts } = await import('../wire.ts');
  let root: string;
  try {
    root = findProjectRoot(session);
  } catch (error) {
    if (error instanceof UsageError) return;
    throw error;
  }
  await withParts(root, session, async ({ store, lineage }) =>
    new StatementLog({ store, lineage, keys }).addEndorsements(),
  );
}

function keyRow({ algorithm, keyId, isRetired }: OwnKey): string[] {
  return [algorithm, short(keyId), isRetired ? 'retired' : PURPOSE[algorithm]];
}

function short(keyId: string): string {
  return keyId.slice(0, SHORT_ID);
}
