/** `assay export <artifact> <path>`: a verified copy that is the user's to edit. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { shortDigest } from '../../base/digest.ts';
import { formatCount, formatSize } from '../../report/quantities.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, type PipelineOptions } from '../project.ts';
import { resolveArtifact } from '../resolve-artifact.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { withParts } from '../wire.ts';

export interface ExportOptions extends PipelineOptions {
  readonly json?: true;
}

export async function exportCommand(
  session: Session,
  what: string,
  path: string,
  options: ExportOptions,
): Promise<ExitCode> {
  const target = resolve(session.cwd, path);
  await withParts(findProjectRoot(session), session, async (parts) => {
    const { digest, name, isCurrent } = await resolveArtifact(parts, session, what, options);
    if (existsSync(target)) {
      throw new UsageError('target-exists', `${path} exists already`, { hint: 'name a path that does not exist' });
    }
    parts.store.copyOut(digest, target);
    const artifact = parts.store.describe(digest);
    const { out, err } = session.terminal;
    if (isCurrent === false) err.line(`warning: ${name} is stale: this is the result of an earlier run`);
    const { sizeBytes, fileCount } = artifact;
    if (options.json) printJson(out, { artifact: digest, name, path: target, sizeBytes, fileCount });
    else {
      const size = `${formatCount(fileCount, 'file')}, ${formatSize(sizeBytes)}`;
      printLines(out, [`exported ${name ?? shortDigest(digest)} to ${path}: ${size}, verified`]);
    }
  });
  return EXIT.ok;
}
