/** `assay origins <what>`: every source of an artifact, and the stages between. */
import { traceOrigins } from '../../audit/trace/origins.ts';
import { renderOrigins } from '../../report/render-origins.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, type PipelineOptions } from '../project.ts';
import { resolveArtifact } from '../resolve-artifact.ts';
import type { Session } from '../session.ts';
import { withParts } from '../wire.ts';

export interface OriginsOptions extends PipelineOptions {
  readonly json?: true;
}

export async function originsCommand(session: Session, what: string, options: OriginsOptions): Promise<ExitCode> {
  await withParts(findProjectRoot(session), session, async (parts) => {
    const { digest, name } = await resolveArtifact(parts, session, what, options);
    const origins = traceOrigins(parts, digest);
    const named = name === null ? origins : { ...origins, artifact: { ...origins.artifact, name } };
    const { out } = session.terminal;
    if (options.json) printJson(out, named);
    else printLines(out, renderOrigins(named, out.colors));
  });
  return EXIT.ok;
}
