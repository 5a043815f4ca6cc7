/** Brings the results of a lost lineage database back from the store. */
import { existsSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UserError } from '../base/errors.ts';
import { Lineage } from '../lineage/lineage.ts';
import type { RebuildJson } from '../report/render-rebuild.ts';
import { findResultRecords } from './find-records.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import type { Session } from './session.ts';
import { judgeLog, type LogVerdict } from './verify-with-log.ts';
import { withParts } from './wire.ts';

/** SQLite keeps these beside a database; they are part of it. */
const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * Idempotent: over a database that can be read it adds the results that are missing there, and changes nothing else. One that
 * cannot be read is moved aside, never deleted. Throws UserError database-newer, database-inaccessible, database-busy.
 */
export async function rebuildDatabase(projectRoot: string, session: Session): Promise<RebuildJson> {
  const path = join(projectRoot, 'artifacts', 'lineage.db');
  const state = stateOf(path, session);
  const movedTo = state === 'unreadable' ? relative(projectRoot, moveAside(path)) : null;
  const { rebuildLineage } = await import('../lineage/rebuild.ts');
  const rebuilt = await withParts(projectRoot, session, async ({ store, lineage }) => {
    // No sweep may take what a record names before its row is there.
    store.hold();
    const { records, imitations, faults } = findResultRecords(store);
    const { restored, known, refused } = rebuildLineage(lineage, records);
    if (restored > 0) await noteInLog(store, lineage, session);
    return { database: state, movedTo, restored, known, refused: [...refused, ...faults], imitations };
  });
  return { ...rebuilt, unsigned: countUnsigned(projectRoot, session) };
}

/** Null where nobody can tell. */
function countUnsigned(projectRoot: string, session: Session): number | null {
  let verdict: LogVerdict;
  try {
    verdict = judgeLog(projectRoot, session, []);
  } catch (error) {
    // Of the keys: a rebuild does not fail for them, and verify says what is wrong.
    if (!(error instanceof UserError)) throw error;
    return null;
  }
  if (verdict.state === 'unsigned') return verdict.executions;
  if (!('findings' in verdict)) return null;
  const unbacked = verdict.findings.filter(({ problem }) => problem === 'not-logged' || problem === 'unsigned');
  return new Set(unbacked.map(({ executionId }) => executionId)).size;
}

/** Or the log would miss the numbers and the history that a rebuild cannot bring back. Never a reason to fail. */
async function noteInLog(store: ArtifactStore, lineage: Lineage, { env, terminal }: Session): Promise<void> {
  const { KeyStore } = await import('../audit/keys.ts');
  const { StatementLog } = await import('../audit/statement-log.ts');
  try {
    new StatementLog({ store, lineage, keys: KeyStore.open(env) }).addRebuilt();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    terminal.err.line(
      `warning: the log does not tell of this: ${error.message}; ${error.hint ?? 'see assay log verify'}`,
    );
  }
}

function stateOf(path: string, { clock }: Session): RebuildJson['database'] {
  if (!existsSync(path)) return 'missing';
  let lineage: Lineage | undefined;
  try {
    lineage = Lineage.open(path, { clock, readOnly: true });
    lineage.checkIntegrity();
    return 'readable';
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code === 'database-unreadable') return 'unreadable';
    // It is brought up to date when it is opened for writing.
    if (error.code === 'database-older') return 'readable';
    throw error;
  } finally {
    lineage?.close();
  }
}

/** Returns where the file lies now. Its companions go first: a crash in between must not leave them to a new database. */
function moveAside(path: string): string {
  let n = 1;
  const target = (): string => `${path}.corrupt-${n}`;
  while (['', ...COMPANIONS].some((suffix) => existsSync(target() + suffix))) n++;
  for (const suffix of [...COMPANIONS, '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target() + suffix);
  }
  return target();
}
