/**
 * Whether the checkpoint beside a log vouches for its entries. Where it does not, nothing may be added: the next checkpoint would make
 * good whatever was cut off.
 *
 * No crash leaves entries without a checkpoint by the hand that wrote the last of them: see StatementLog. So a checkpoint by a stranger
 * is in order only where the last entry is a stranger's, such as a colleague's who ran the project. That entry stays a finding until
 * someone names the colleague's key: who forges a checkpoint must leave an entry that gives the forgery away. (A colleague whom a crash
 * ends just before the first entry of their own leaves a checkpoint that looks forged; `assay log checkpoint` goes on from there.)
 */
import type { SignedCheckpoint } from './checkpoint.ts';
import type { LogEntry } from './log-entry.ts';
import { LogTrust, type KnownKey } from './log-trust.ts';

/** What is wrong with it, in words, or undefined. `checkpoint`: as parsed from `text`. Its root is not looked at. */
export function doubtOf(
  text: string | undefined,
  checkpoint: SignedCheckpoint | undefined,
  entries: readonly LogEntry[],
  known: readonly KnownKey[],
): string | undefined {
  const last = entries.at(-1);
  // One who deleted them all could have deleted the checkpoint, too, and then it is a log that was never begun.
  if (last === undefined) return undefined;
  if (text === undefined) return 'it has no checkpoint';
  if (checkpoint === undefined) return 'its checkpoint is none';
  const trust = new LogTrust(known, entries);
  const signer = trust.judgeCheckpoint(checkpoint);
  const isStrangers = last.kind === 'unreadable' || trust.judge(last, entries.length - 1) !== undefined;
  return 'problem' in signer && !isStrangers ? `its checkpoint ${signer.problem}` : undefined;
}
