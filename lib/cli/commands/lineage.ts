/** `assay lineage <artifact>`: what it was made from, and what was made from it. */
import { renderLineage, type LineageJson } from '../../report/render-lineage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { LineageWalk } from '../lineage-walk.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, type PipelineOptions } from '../project.ts';
import { resolveArtifact } from '../resolve-artifact.ts';
import type { Session } from '../session.ts';
import { withParts } from '../wire.ts';

export interface LineageOptions extends PipelineOptions {
  readonly up?: true;
  readonly down?: true;
  readonly json?: true;
}

export async function lineageCommand(session: Session, what: string, options: LineageOptions): Promise<ExitCode> {
  await withParts(findProjectRoot(session), session, async (parts) => {
    const { digest, name } = await resolveArtifact(parts, session, what, options);
    const isBoth = options.up === options.down;
    const walk = new LineageWalk(parts.lineage);
    const root = walk.node(digest, name);
    const json: LineageJson = {
      artifact: digest,
      name: root.name,
      up: isBoth || options.up ? walk.up(digest) : null,
      down: isBoth || options.down ? walk.down(digest) : null,
    };
    const { out } = session.terminal;
    if (options.json) printJson(out, json);
    else printLines(out, renderLineage(json, root, out.colors));
  });
  return EXIT.ok;
}
