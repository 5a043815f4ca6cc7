/** `assay attest --as in-toto`: the statements that were signed when the artifact was made. A cache hit makes no new ones. */
import { readEntry } from '../audit/log-entry.ts';
import { LogFile } from '../audit/log-file.ts';
import { LogTrust } from '../audit/log-trust.ts';
import { UserError } from '../base/errors.ts';
import { digestHex } from '../base/digest.ts';
import type { AttestRequest } from './attest-request.ts';
import { knownKeys } from './known-keys.ts';
import { UsageError } from './usage-error.ts';
import type { Parts } from './wire.ts';

/** One envelope a line, in the order in which they were logged. Throws UsageError not-attested, UserError attestation-unsigned. */
export function attestStatements({ digest, name, session }: AttestRequest, parts: Parts): string {
  const lines = new LogFile(parts.store.paths.log).read().lines;
  const entries = lines.map(readEntry);
  const found = entries.flatMap((entry, index) =>
    entry.kind === 'execution' && entry.statement.subject.some(({ digest: of }) => of?.sha256 === digestHex(digest))
      ? [{ entry, index, line: lines[index] as string }]
      : [],
  );
  if (found.length === 0) {
    throw new UsageError('not-attested', `no statement of ${name} is in the log`, {
      hint: 'assay log checkpoint logs what an earlier Assay made; a run logs by itself',
    });
  }
  const trust = new LogTrust(knownKeys(session, 'ed25519', []), entries);
  if (found.some(({ entry, index }) => trust.judge(entry, index) !== undefined)) {
    throw new UserError('attestation-unsigned', `a statement of ${name} is not signed by a known key`, {
      hint: 'assay log verify says what else is wrong with the log',
    });
  }
  return found.map(({ line }) => `${line}\n`).join('');
}
