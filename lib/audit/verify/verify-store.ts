/**
 * Holds the whole store against its names and against the database: every blob is read, every artifact of a result must have its
 * manifest and all that the manifest names, every action must hash to its key, every row must be as the result record has it, every
 * dataset must give what it claims, and SQLite must find its file whole.
 *
 * From content, whatever the stat cache says. Unlike all else that looks into the store this neither quarantines nor remembers: the
 * next run does, or `--repair`.
 */
import type { Clock } from '../../base/clock.ts';
import type { Seal } from '../../model/seal.ts';
import { storePaths } from '../../store/layout.ts';
import { guarded } from '../../store/store-errors.ts';
import { lostDatabase, withExpected, type Expected } from './expected.ts';
import type { Finding, VerifyReport } from './finding.ts';
import { isArtifact, judgeBlobs } from './judge-blobs.ts';
import { judgeDatasets } from './judge-datasets.ts';
import { judgePacks, judgeStrays } from './judge-files.ts';
import { judgeRows } from './judge-rows.ts';
import { judgeView } from './judge-view.ts';
import type { Scene } from './scene.ts';
import { StoreContent } from './store-content.ts';
import { VerifyMemory, type Trust } from './verify-memory.ts';

export interface VerifyOptions {
  /** What an earlier verify may vouch for. Not `nothing`: artifacts/verify-state.json is written. */
  readonly trust: Trust;
  /** Of the user who verifies: what an earlier one remembered is believed under it. */
  readonly seal: Seal;
  /** Told the bytes read so far. */
  readonly onRead: (doneBytes: number) => void;
}

/** In the order in which a reader should hear of them. A check that is added here is part of every verify. */
const CHECKS: readonly ((scene: Scene) => Finding[])[] = [judgeBlobs, judgePacks, judgeStrays, judgeRows, judgeView];

/** Throws UserError database-newer, database-older, store-unreadable, … */
export function verifyStore(projectRoot: string, clock: Clock, { trust, seal, onRead }: VerifyOptions): VerifyReport {
  const paths = storePaths(projectRoot);
  return withExpected(paths, clock, (expected) =>
    guarded('read the store', paths.root, () => {
      const artifacts = new Set(expected?.kept.filter(isArtifact).map(({ digest }) => digest));
      const memory = VerifyMemory.open({ root: paths.root, clock, seal }, trust);
      const content = new StoreContent(paths, artifacts, memory, onRead);
      content.readNew();
      const scene: Scene = { projectRoot, paths, expected, content, memory };
      const datasets = judgeDatasets(scene);
      const findings = [
        ...judgeDatabase(scene, expected),
        ...CHECKS.flatMap((check) => check(scene)),
        ...datasets.findings,
      ];
      memory.finish();
      const { blobs, sizeBytes, skippedBytes } = content;
      const counts = { artifacts: artifacts.size, actions: expected?.actions ?? 0, datasets: datasets.datasets };
      return { isSound: findings.length === 0, blobs, sizeBytes, skippedBytes, ...counts, findings };
    }),
  );
}

function judgeDatabase({ paths, content }: Scene, expected: Expected | undefined): readonly Finding[] {
  if (expected !== undefined) return expected.findings;
  return content.blobs > 0 ? [lostDatabase(paths)] : [];
}
