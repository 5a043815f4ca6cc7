/** The files of a result that its statement names one by one. */
import { UserError } from '../base/errors.ts';
import type { ManifestEntry } from '../model/artifact.ts';
import type { Execution } from '../model/run.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';

/** Only where they are few: a dataset may have 60,000, and its manifest names them all. */
const MOST_FILES = 64;

/** By output. */
export function filesOf(
  store: ArtifactStore,
  { outputs }: Pick<Execution, 'outputs'>,
): Record<string, readonly ManifestEntry[]> {
  const files: Record<string, readonly ManifestEntry[]> = {};
  for (const { name, artifact } of outputs) {
    try {
      const { entries } = store.readManifest(artifact);
      if (entries.length <= MOST_FILES) files[name] = entries;
    } catch (error) {
      // Of an old execution whose result was swept: the artifact is named, its files are not.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return files;
}
