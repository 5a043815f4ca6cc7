/** `assay show <stage.output | digest | run:N>`: an artifact with its content, or a run. */
import type { Digest } from '../../base/digest.ts';
import type { OutputKind } from '../../model/stage.ts';
import { renderArtifact, type ArtifactJson, type Maker } from '../../report/render-artifact.ts';
import { renderRunRecord, runRecordJson } from '../../report/render-run-record.ts';
import { readContent } from '../artifact-content.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRun } from '../history.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, type PipelineOptions } from '../project.ts';
import { nameOf, resolveArtifact, type ResolvedArtifact } from '../resolve-artifact.ts';
import type { Session } from '../session.ts';
import { withParts, type Parts } from '../wire.ts';

export interface ShowOptions extends PipelineOptions {
  readonly json?: true;
}

export async function showCommand(session: Session, what: string, options: ShowOptions): Promise<ExitCode> {
  await withParts(findProjectRoot(session), session, async (parts) => {
    const { out } = session.terminal;
    const runNumber = /^run:(\d{1,9})$/.exec(what)?.[1];
    if (runNumber !== undefined) {
      const run = findRun(parts.lineage, Number(runNumber));
      const outcomes = parts.lineage.outcomesOf(run.id);
      if (options.json) printJson(out, runRecordJson(run, outcomes));
      else printLines(out, renderRunRecord(run, outcomes, parts.sizeOf, out.colors));
      return;
    }
    const artifact = describe(parts, await resolveArtifact(parts, session, what, options));
    if (options.json) printJson(out, artifact);
    else printLines(out, renderArtifact(artifact, out.colors));
  });
  return EXIT.ok;
}

/** Throws UserError blob-altered, blob-missing: what is shown is all there, though only some of it is read. */
function describe({ store, lineage }: Parts, { digest, name, isCurrent }: ResolvedArtifact): ArtifactJson {
  store.refuseDamaged(digest);
  const manifest = store.readManifest(digest);
  const { kind, makers } = findMakers(lineage, digest);
  return {
    ...store.describe(digest),
    name: name ?? nameOf(lineage, digest) ?? null,
    kind,
    isCurrent,
    makers,
    files: manifest.entries,
    content: readContent(store, manifest, kind),
  };
}

/** Several when different actions came to the same bytes. */
function findMakers(lineage: Parts['lineage'], digest: Digest): { kind: OutputKind | null; makers: Maker[] } {
  let kind: OutputKind | null = null;
  const makers = lineage.producersOf(digest).map(({ instance, name, runId, executionId }) => {
    const execution = lineage.findExecution(executionId);
    kind ??= execution?.outputs.find((output) => output.artifact === digest)?.kind ?? null;
    return { instance, output: name, runId, executionId, atMs: execution?.endedAtMs ?? null };
  });
  return { kind, makers };
}
