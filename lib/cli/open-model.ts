/** From what a user types to the files of a model: a path, `retrain.model`, or the first digits of a digest. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { digestHex, type Digest } from '../base/digest.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { isPath } from './open-dataset.ts';
import { findProjectRoot, type PipelineOptions } from './project.ts';
import { nameOf, resolveArtifact } from './resolve-artifact.ts';
import type { Session } from './session.ts';
import { UsageError } from './usage-error.ts';
import { withParts, type Parts } from './wire.ts';

export interface OpenedModel {
  /** `retrain.model`, or the folder's own name. */
  readonly name: string;
  /** Where its files lie while it is open. */
  readonly path: string;
  readonly artifact: Digest | null;
  /** Null outside a project. */
  readonly parts: Parts | null;
}

/**
 * Opens it for as long as `use` takes. Artifacts are verified by content and put in place read-only. Throws UserError as
 * resolveArtifact does, blob-altered, path-missing.
 */
export async function withModel<T>(
  session: Session,
  what: string,
  options: PipelineOptions,
  use: (model: OpenedModel) => T,
): Promise<T> {
  const root = projectRootOf(session);
  const asPath = (parts: Parts | null): T => {
    const path = resolve(session.cwd, what);
    if (!existsSync(path)) {
      throw new UsageError('path-missing', `${what} does not exist`, {
        hint: 'name a folder, or stage.output in a project',
      });
    }
    return use({ name: basename(path), path, artifact: null, parts });
  };
  if (root === undefined) return asPath(null);
  return withParts(root, session, async (parts) => {
    if (isPath(what)) return asPath(parts);
    const { digest, name, isCurrent } = await resolveArtifact(parts, session, what, options);
    if (isCurrent === false)
      session.terminal.err.line(`warning: ${name} is stale: this is the result of an earlier run`);
    const known = name ?? nameOf(parts.lineage, digest) ?? digestHex(digest);
    return withArtifact(parts.store, digest, (path) => use({ name: known, path, artifact: digest, parts }));
  });
}

/** Its files in a folder (or file) that is there while `use` runs. Throws UserError blob-missing, blob-altered. */
export function withArtifact<T>(store: ArtifactStore, artifact: Digest, use: (path: string) => T): T {
  const folder = join(store.paths.staging, `model-${process.pid}-${digestHex(artifact).slice(0, 16)}`);
  try {
    const path = join(folder, 'model');
    store.materialise(artifact, path);
    return use(path);
  } finally {
    if (existsSync(folder)) store.releaseTree(folder);
  }
}

function projectRootOf(session: Session): string | undefined {
  try {
    return findProjectRoot(session);
  } catch (error) {
    if (error instanceof UsageError && session.projectOption === undefined) return undefined;
    throw error;
  }
}
