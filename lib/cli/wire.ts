/** Builds the real parts: the lineage database, the artifact store, and what plans over both. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Lineage } from '../lineage/lineage.ts';
import type { OutputDigests } from '../model/plan.ts';
import { ArtifactStore } from '../store/artifact-store.ts';
import { guarded } from '../store/store-errors.ts';
import type { Session } from './session.ts';

export interface Parts {
  readonly projectRoot: string;
  readonly store: ArtifactStore;
  readonly lineage: Lineage;
  /** The bytes of these artifacts together; null when one was never recorded. */
  readonly sizeOf: (outputs: OutputDigests) => number | null;
}

/** Opens store and database, makes them on first use, and closes them when `use` is done or has thrown. */
export async function withParts<T>(
  projectRoot: string,
  session: Session,
  use: (parts: Parts) => Promise<T>,
): Promise<T> {
  const folder = join(projectRoot, 'artifacts');
  // By the store's words for what can be wrong with it: the database, which is opened first, knows only files.
  guarded('open the store', folder, () => mkdirSync(folder, { recursive: true }));
  const lineage = Lineage.open(join(folder, 'lineage.db'), { clock: session.clock });
  let store: ArtifactStore | undefined;
  try {
    store = ArtifactStore.open(projectRoot, { clock: session.clock, statCache: lineage.statCache });
    return await use({ projectRoot, store, lineage, sizeOf: (outputs) => sizeOf(lineage, outputs) });
  } finally {
    store?.close();
    lineage.close();
  }
}

/** As recorded: asking the database reads no artifact. */
function sizeOf(lineage: Lineage, outputs: OutputDigests): number | null {
  let sizeBytes = 0;
  for (const digest of Object.values(outputs)) {
    const artifact = lineage.findArtifact(digest);
    if (artifact === undefined) return null;
    sizeBytes += artifact.sizeBytes;
  }
  return sizeBytes;
}
