/** `assay log checkpoint`: what to publish, so that nobody can change the past unseen. Begins the log of a project that has none. */
import { parseCheckpoint, verifierKey } from '../../audit/checkpoint.ts';
import { KeyStore } from '../../audit/keys.ts';
import { StatementLog, type OnDoubt } from '../../audit/statement-log.ts';
import { InternalError } from '../../base/errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { withParts } from '../wire.ts';

export interface LogCheckpointOptions {
  readonly json?: true;
}

/** `assay log checkpoint --json`. */
export interface CheckpointJson {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** The signed note. */
  readonly text: string;
  readonly keyId: string;
  /** For tools that read signed notes. */
  readonly verifierKey: string;
}

export async function logCheckpointCommand(session: Session, options: LogCheckpointOptions): Promise<ExitCode> {
  await withParts(findProjectRoot(session), session, async ({ store, lineage }) => {
    const keys = KeyStore.open(session.env);
    const log = new StatementLog({ store, lineage, keys });
    const warn: OnDoubt = (what) =>
      session.terminal.err.line(
        `warning: the log is signed as it is, though ${what}: only a published one tells whether entries are gone`,
      );
    let text = log.checkpoint(warn);
    if (text === undefined) {
      const count = log.addMissing(null);
      if (count > 0) session.terminal.err.line(`began the log with what the database holds: ${count} recorded later`);
      text = log.checkpoint(warn);
    }
    if (text === undefined) {
      throw new UsageError('log-empty', 'nothing was executed yet, so there is nothing to sign', { hint: 'assay run' });
    }
    const { out } = session.terminal;
    if (options.json) printJson(out, checkpointJson(text, keys));
    else out.write(text);
  });
  return EXIT.ok;
}

function checkpointJson(text: string, keys: KeyStore): CheckpointJson {
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === undefined) throw new InternalError(`a checkpoint is a signed note: got ${text}`);
  const { origin, size, root } = checkpoint;
  const { keyId, publicPem } = keys.signingKey('ed25519');
  return {
    origin,
    size,
    root: Buffer.from(root).toString('base64'),
    text,
    keyId,
    verifierKey: verifierKey(origin, publicPem),
  };
}
