/** The part of `assay doctor` that looks at the store: quickly, by stamps; `assay verify` reads every byte. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { CURRENT_VERSION } from '../lineage/schema.ts';
import type { Pipeline } from '../model/stage.ts';
import { formatCount, formatSize } from '../report/quantities.ts';
import { storePaths } from '../store/layout.ts';
import type { Check } from '../report/render-checks.ts';
import { findResultRecords } from './find-records.ts';
import { measureStore } from './measure-store.ts';
import { planTargets } from './planning.ts';
import type { Session } from './session.ts';
import { withParts, type Parts } from './wire.ts';

export async function checkStore(projectRoot: string, pipeline: Pipeline | null, session: Session): Promise<Check[]> {
  if (!existsSync(join(projectRoot, 'artifacts', 'lineage.db'))) return [checkWithoutDatabase(projectRoot)];
  try {
    return await withParts(projectRoot, session, async (parts) => [
      checkDatabase(parts),
      checkSize(parts),
      ...(pipeline === null ? [] : [await checkDamage(parts, pipeline, session)]),
    ]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ name: 'store', status: 'fail', finding: error.message, fix: error.hint ?? null }];
  }
}

function checkWithoutDatabase(projectRoot: string): Check {
  const { fileCount } = measureStore(storePaths(projectRoot));
  if (fileCount === 0)
    return { name: 'store', status: 'ok', finding: 'nothing was run in this project yet', fix: null };
  const finding = `lineage.db is gone, and the store holds ${formatCount(fileCount, 'file')}`;
  return { name: 'store', status: 'fail', finding, fix: 'assay doctor --rebuild' };
}

function checkDatabase({ lineage, store }: Parts): Check {
  const [latest] = lineage.listRuns(1);
  const count = lineage.listResultKeys().length;
  // A database that was lost is made anew, empty, by the next command that asks it something.
  const records = count === 0 ? [...findResultRecords(store).records].length : 0;
  if (records > 0) {
    const finding = `lineage.db knows no result, and the store holds the records of ${formatCount(records, 'result')}`;
    return { name: 'database', status: 'fail', finding, fix: 'assay doctor --rebuild' };
  }
  const results = formatCount(count, 'result');
  const runs = latest === undefined ? 'no run' : `latest run ${latest.id}`;
  return {
    name: 'database',
    status: 'ok',
    finding: `opens, version ${CURRENT_VERSION}, ${results}, ${runs}`,
    fix: null,
  };
}

function checkSize({ store }: Parts): Check {
  const { sizeBytes, fileCount } = measureStore(store.paths);
  return {
    name: 'store',
    status: 'ok',
    finding: `${formatSize(sizeBytes)} in ${formatCount(fileCount, 'file')}`,
    fix: null,
  };
}

/** Planning looks at every artifact that it would use. */
async function checkDamage(parts: Parts, pipeline: Pipeline, session: Session): Promise<Check> {
  const plan = await planTargets(
    parts,
    session,
    pipeline,
    pipeline.instances.map(({ id }) => id),
  );
  const reasons = plan.steps.flatMap(({ verdict }) => (verdict.state === 'stale' ? verdict.reasons : []));
  const damaged = new Set(reasons.flatMap((reason) => (reason.kind === 'damaged' ? [reason.damage.artifact] : [])));
  const isSound = damaged.size === 0;
  return {
    name: 'artifacts',
    status: isSound ? 'ok' : 'fail',
    finding: isSound ? 'no current artifact is damaged' : `${formatCount(damaged.size, 'current artifact')} damaged`,
    fix: isSound ? null : 'assay run makes them again',
  };
}
