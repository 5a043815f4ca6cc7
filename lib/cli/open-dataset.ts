/** From what a user types to records: a path, `merge.data`, or the first digits of a digest. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { digestHex, type Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { readAnyDataset, type AnyDataset } from '../dataset/read-any-dataset.ts';
import { findProjectRoot, type PipelineOptions } from './project.ts';
import { artifactResolver, nameOf, type ResolvedArtifact } from './resolve-artifact.ts';
import type { Session } from './session.ts';
import { UsageError } from './usage-error.ts';
import { withParts, type Parts } from './wire.ts';

export interface OpenedDataset {
  /** `./mnist` as typed, `merge.data`, or a digest. */
  readonly name: string;
  readonly form: AnyDataset['form'];
  readonly artifact: Digest | null;
  readonly dataset: Dataset;
  readonly falseClaim: string | null;
}

/** What `--json` says of an opened dataset. */
export function datasetJson({
  name,
  form,
  artifact,
}: OpenedDataset): Pick<OpenedDataset, 'name' | 'form' | 'artifact'> {
  return { name, form, artifact };
}

/** Whether a text can only be a path: what has a slash names no output. */
export function isPath(what: string): boolean {
  return /^\.{0,2}\//.test(what) || what === '.' || what === '..' || (what.includes('/') && !what.includes('['));
}

/**
 * Opens a dataset. A text without a slash is an artifact when the project has one of that name, else a path. Artifacts are verified by
 * content. Throws UserError as readAnyDataset and resolveArtifact do.
 */
export async function openDataset(session: Session, what: string, options: PipelineOptions): Promise<OpenedDataset> {
  const [opened] = await openDatasets(session, [what], options);
  return opened as OpenedDataset;
}

/** Several, in order; the project is looked at once. */
export async function openDatasets(
  session: Session,
  whats: readonly string[],
  options: PipelineOptions,
): Promise<OpenedDataset[]> {
  const isFile = (what: string): boolean => existsSync(resolve(session.cwd, what));
  const openPath = (what: string): OpenedDataset => ({
    name: what,
    artifact: null,
    ...readAnyDataset(resolve(session.cwd, what)),
  });
  if (whats.every(isPath)) return whats.map(openPath);
  let projectRoot: string;
  try {
    projectRoot = findProjectRoot(session);
  } catch (error) {
    const canOnlyBePaths = whats.every((what) => isPath(what) || isFile(what));
    if (error instanceof UsageError && canOnlyBePaths) return whats.map(openPath);
    throw error;
  }
  return withParts(projectRoot, session, async (parts) => {
    const resolveOne = artifactResolver(parts, session, options);
    const opened: OpenedDataset[] = [];
    for (const what of whats) {
      if (isPath(what)) {
        opened.push(openPath(what));
        continue;
      }
      try {
        opened.push(openArtifact(parts, session, await resolveOne(what)));
        if (isFile(what)) session.terminal.err.line(`warning: ${what} is a file here too; ./${what} would name it`);
      } catch (error) {
        if (!(error instanceof UsageError && isFile(what))) throw error;
        opened.push(openPath(what));
      }
    }
    return opened;
  });
}

function openArtifact(
  { store, lineage }: Parts,
  session: Session,
  { digest, name, isCurrent }: ResolvedArtifact,
): OpenedDataset {
  if (isCurrent === false) session.terminal.err.line(`warning: ${name} is stale: this is the result of an earlier run`);
  const shown = name ?? nameOf(lineage, digest) ?? digest;
  if (store.describe(digest).form !== 'directory') throw notDataset(shown);
  const folder = join(store.paths.staging, `audit-${process.pid}-${digestHex(digest).slice(0, 16)}`);
  try {
    store.materialise(digest, folder);
    return { name: shown, artifact: digest, ...readAnyDataset(folder) };
  } finally {
    store.releaseTree(folder);
  }
}

function notDataset(name: string): UserError {
  return new UserError('dataset-unrecognised', `${name} is a file, not a dataset.`, {
    hint: 'assay show says what an artifact is',
  });
}
