/**
 * Whether the outputs that the database gives a result are those of its result record. Deciding believes the database, which is
 * fast and can be edited (where the record is damaged the planner has the stage run again); what a stage is given to read, and what is
 * shown or exported by name, is held against the record first.
 * Who rewrites both, consistently, is caught only by what was signed or published before.
 */
import { shortDigest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { parseResultRecord } from '../lineage/rebuild.ts';
import type { ResultRecord } from '../lineage/result-record.ts';
import type { OutputDigests } from '../model/plan.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';

export interface VouchingParts {
  readonly lineage: Pick<Lineage, 'recordDigestOf' | 'findExecution'>;
  readonly store: Pick<ArtifactStore, 'readBlob'>;
}

/** Throws UserError result-contradicted, and result-unvouched where there is no record to ask. */
export function refuseContradicted(
  instance: string,
  executionId: number,
  outputs: OutputDigests,
  { lineage, store }: VouchingParts,
): void {
  const record = readRecord(instance, executionId, { lineage, store });
  const key = lineage.findExecution(executionId)?.key;
  const recorded = new Map(record.outputs.map(({ name, artifact }) => [name, artifact.digest]));
  const wrong = Object.entries(outputs).filter(([name, artifact]) => recorded.get(name) !== artifact);
  if (key === record.key && wrong.length === 0) return;
  const told = wrong.map(([name, artifact]) => {
    const made = recorded.get(name);
    return `${name} is ${shortDigest(artifact)}, it made ${made === undefined ? 'none' : shortDigest(made)}`;
  });
  throw new UserError(
    'result-contradicted',
    `the database says other things of ${instance} than its result record: ${told.join('; ') || 'it is of another action'}. It was not used`,
    { hint: `assay verify says what else was edited; assay verify --repair puts it right` },
  );
}

function readRecord(instance: string, executionId: number, { lineage, store }: VouchingParts): ResultRecord {
  const digest = lineage.recordDigestOf(executionId);
  let problem = 'it names none';
  try {
    const record = digest === null ? problem : parseResultRecord(store.readBlob(digest));
    if (typeof record !== 'string') return record;
    problem = record.split('\n')[0] ?? record;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problem = error.message;
  }
  throw new UserError(
    'result-unvouched',
    `no result record says what ${instance} made (execution ${executionId}): ${problem}. Its result was not used`,
    { hint: `assay run --force '${instance}' makes it again` },
  );
}
