/** `assay verify`: reads everything that results rest on. */
import { formatCount } from '../../report/quantities.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { verifyStore, type Verified } from '../verify-store.ts';
import { withParts } from '../wire.ts';

export interface VerifyOptions {
  readonly json?: true;
}

export async function verifyCommand(session: Session, options: VerifyOptions): Promise<ExitCode> {
  return withParts(findProjectRoot(session), session, async (parts) => {
    const verified = verifyStore(parts);
    const { out } = session.terminal;
    if (options.json) printJson(out, verified);
    else printLines(out, render(verified));
    return verified.findings.length === 0 ? EXIT.ok : EXIT.findings;
  });
}

function render({ results, artifacts, otherFiles, findings }: Verified): string[] {
  const read =
    `${formatCount(results, 'result')}: ${formatCount(artifacts, 'artifact')} and ` +
    `${formatCount(otherFiles, 'other file')} read`;
  if (findings.length === 0) return [`${read}, all as recorded`];
  return [
    ...findings.flatMap(({ subject, finding, fix }) => [`${subject} ${finding}`, `  ${fix}`]),
    `${read}, ${formatCount(findings.length, 'finding')}`,
  ];
}
