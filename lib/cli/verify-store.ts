/** Reads all that current results rest on, from content and never by stamps, and says what is not as it was recorded. */
import { shortDigest, type Digest } from '../base/digest.ts';
import { actionKey } from '../model/action.ts';
import type { Damage } from '../model/artifact.ts';
import type { Parts } from './wire.ts';

/** One element of `findings` in `assay verify --json`. */
export interface VerifyFinding {
  /** `poison.data: train-images.idx`, or what else is affected. */
  readonly subject: string;
  readonly finding: string;
  /** What to do. */
  readonly fix: string;
}

export interface Verified {
  readonly results: number;
  readonly artifacts: number;
  readonly otherFiles: number;
  readonly findings: readonly VerifyFinding[];
}

const MAKE_AGAIN = 'assay run makes it again';

/**
 * Checks the database's own structure, every action against its key, every artifact of every current result file by file, and the
 * logs and records beside them. An altered file is moved to quarantine, so that nothing can use it; nothing else is changed.
 * Throws UserError database-unreadable.
 */
export function verifyStore({ store, lineage }: Pick<Parts, 'store' | 'lineage'>): Verified {
  lineage.checkIntegrity();
  const findings: VerifyFinding[] = [];
  const checked = new Set<Digest>();
  const keys = lineage.listResultKeys();
  for (const [key, { executionId, outputs }] of lineage.findResults(keys)) {
    const instance = lineage.findExecution(executionId)?.instance ?? `execution ${executionId}`;
    const action = lineage.findAction(key);
    if (action === undefined || actionKey(action) !== key) {
      const finding = `the action recorded in the database is not the one of its key ${shortDigest(key)}`;
      findings.push({ subject: instance, finding, fix: 'the database was edited: bring it back from a copy' });
    }
    for (const [output, artifact] of Object.entries(outputs)) {
      if (checked.has(artifact)) continue;
      checked.add(artifact);
      const name = `${instance}.${output}`;
      findings.push(...store.verifyArtifact(artifact).map((damage) => describe(name, damage)));
    }
  }
  const artifacts = checked.size;
  let otherFiles = 0;
  for (const digest of lineage.reachableDigests()) {
    if (checked.has(digest)) continue;
    otherFiles++;
    const state = store.verifyBlob(digest);
    if (state === 'sound') continue;
    const fix = 'no result is lost: it is a log, a record or an input kept for the history';
    findings.push({ subject: `stored file ${shortDigest(digest)}`, finding: state, fix });
  }
  return { results: keys.length, artifacts, otherFiles, findings };
}

function describe(name: string, { path, problem, found }: Damage): VerifyFinding {
  const place = path === null ? 'list of its files' : path === '.' ? 'its file' : path;
  const finding = found === null ? problem : `${problem}: found ${shortDigest(found)}`;
  return { subject: `${name}: ${place}`, finding, fix: MAKE_AGAIN };
}
