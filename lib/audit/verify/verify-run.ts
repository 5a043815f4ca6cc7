/**
 * Holds what one run used and made against its names and records: every file of every artifact, every execution's rows against its
 * result record, what datasets claim against their records. Reads the disk whatever is remembered of it, and changes nothing.
 * `verifyStore` does the same of everything; this is for a page about one run, which must be ready in seconds.
 */
import { shortDigest, type Digest } from '../../base/digest.ts';
import { UserError } from '../../base/errors.ts';
import { verifyDatasetFiles } from '../../dataset/dataset-folder.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import { parseResultRecord } from '../../lineage/rebuild.ts';
import { actionKey } from '../../model/action.ts';
import type { Manifest } from '../../model/artifact.ts';
import type { StageOutcome } from '../../model/run.ts';
import type { OutputKind } from '../../model/stage.ts';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { differencesFrom } from './compare-record.ts';

export type ArtifactVerdict = 'sound' | 'damaged' | 'not-read';

export interface RunFinding {
  /** `poison.data: train-images.idx`, `execution 7 of retrain`. */
  readonly subject: string;
  readonly detail: string;
  /** The artifact that it is about, or null. */
  readonly artifact: Digest | null;
}

export interface RunVerdict {
  /** Of every artifact that was asked about. */
  readonly artifacts: ReadonlyMap<Digest, ArtifactVerdict>;
  /** Bytes read; each file once. */
  readonly readBytes: number;
  /** Executions whose rows were held against their result records. */
  readonly executions: number;
  /** Datasets whose claims were recomputed from their records. */
  readonly datasets: number;
  readonly findings: readonly RunFinding[];
}

export interface VerifyRunRequest {
  readonly outcomes: readonly StageOutcome[];
  readonly artifacts: readonly { readonly digest: Digest; readonly name: string; readonly kind: OutputKind | null }[];
  /** Artifacts are read, the smallest first, until the next would pass this. */
  readonly mostBytes: number;
}

export interface VerifyRunParts {
  readonly store: Pick<ArtifactStore, 'probeBlob' | 'readBlob' | 'readManifest'>;
  readonly lineage: Lineage;
}

export function verifyRun(
  { outcomes, artifacts, mostBytes }: VerifyRunRequest,
  { store, lineage }: VerifyRunParts,
): RunVerdict {
  const findings: RunFinding[] = [];
  const made = outcomes.filter(({ executionId, outcome }) => executionId !== null && outcome !== 'failed');
  const executions = new Set<number>();
  for (const outcome of made) {
    const executionId = outcome.executionId as number;
    findings.push(...judgeOutcome(outcome, executionId, lineage));
    if (executions.has(executionId)) continue;
    executions.add(executionId);
    findings.push(...judgeExecution(executionId, store, lineage));
  }
  const stored = new StoredArtifacts(store, mostBytes, findings);
  const sizeOf = (digest: Digest): number => lineage.findArtifact(digest)?.sizeBytes ?? 0;
  for (const artifact of [...artifacts].sort((a, b) => sizeOf(a.digest) - sizeOf(b.digest))) stored.judge(artifact);
  const { verdicts, readBytes, datasets } = stored;
  return { artifacts: verdicts, readBytes, executions: executions.size, datasets, findings };
}

/** What the run's own row says that the execution made. */
function judgeOutcome({ instance, outputs }: StageOutcome, executionId: number, lineage: Lineage): RunFinding[] {
  const made = new Map(lineage.outputsOf(executionId).map(({ name, artifact }) => [name, artifact]));
  if (Object.entries(outputs).every(([name, artifact]) => made.get(name) === artifact)) return [];
  const detail = `the run names other outputs than execution ${executionId} made`;
  return [{ subject: `outcome of ${instance}`, detail, artifact: null }];
}

function judgeExecution(executionId: number, store: VerifyRunParts['store'], lineage: Lineage): RunFinding[] {
  const execution = lineage.findExecution(executionId);
  if (execution === undefined || execution.status !== 'ok') return [];
  const find = (detail: string): RunFinding[] => [
    { subject: `execution ${executionId} of ${execution.instance}`, detail, artifact: null },
  ];
  if (actionKey(execution.action) !== execution.key) return find('its action does not hash to its key');
  const recordDigest = lineage.recordDigestOf(executionId);
  if (recordDigest === null) return find('it names no result record, so nothing in the store vouches for its rows');
  const { state } = store.probeBlob(recordDigest);
  if (state !== 'sound') return find(`its result record is ${state}`);
  const record = parseResultRecord(store.readBlob(recordDigest));
  if (typeof record === 'string') return find(`its result record is none: ${record.split('\n')[0]}`);
  const rows = {
    ...execution,
    recordDigest,
    isResult: true,
    inputs: lineage.inputsOf(executionId),
    outputs: lineage.outputsOf(executionId),
    params: lineage.paramsOf(executionId),
    metrics: lineage.metricsOf(executionId),
  };
  return differencesFrom(record, rows).flatMap(find);
}

/** Artifacts held against their manifests, and these against their names. A file that several hold is read once. */
class StoredArtifacts {
  readonly verdicts = new Map<Digest, ArtifactVerdict>();
  readonly #store: VerifyRunParts['store'];
  readonly #mostBytes: number;
  readonly #findings: RunFinding[];
  readonly #problems = new Map<Digest, string | null>();
  #readBytes = 0;
  #datasets = 0;

  constructor(store: VerifyRunParts['store'], mostBytes: number, findings: RunFinding[]) {
    this.#store = store;
    this.#mostBytes = mostBytes;
    this.#findings = findings;
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  get datasets(): number {
    return this.#datasets;
  }

  judge({ digest, name, kind }: VerifyRunRequest['artifacts'][number]): void {
    if (this.verdicts.has(digest)) return;
    const manifest = this.#readManifest(digest, name);
    if (manifest === undefined) return;
    const unread = manifest.entries.filter(({ blob }) => !this.#problems.has(blob));
    const size = unread.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (this.#readBytes + size > this.#mostBytes) {
      this.verdicts.set(digest, 'not-read');
      return;
    }
    const before = this.#findings.length;
    for (const { path, blob, sizeBytes } of manifest.entries) {
      const problem = this.#problemOf(blob, sizeBytes);
      if (problem !== null) this.#find(digest, path === '.' ? name : `${name}: ${path}`, problem);
    }
    if (this.#findings.length === before && kind === 'dataset') this.#judgeClaims(digest, name, manifest);
    this.verdicts.set(digest, this.#findings.length === before ? 'sound' : 'damaged');
  }

  #readManifest(digest: Digest, name: string): Manifest | undefined {
    const problem = this.#problemOf(digest, 0);
    try {
      if (problem === null) return this.#store.readManifest(digest);
      this.#find(digest, name, `its list of files is ${problem}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#find(digest, name, error.message);
    }
    this.verdicts.set(digest, 'damaged');
    return undefined;
  }

  /** Null for a sound blob. */
  #problemOf(blob: Digest, sizeBytes: number): string | null {
    const known = this.#problems.get(blob);
    if (known !== undefined) return known;
    const probe = this.#store.probeBlob(blob);
    this.#readBytes += sizeBytes;
    const problem =
      probe.state === 'altered'
        ? `altered: found ${shortDigest(probe.found)}`
        : probe.state === 'missing'
          ? 'missing'
          : null;
    this.#problems.set(blob, problem);
    return problem;
  }

  #judgeClaims(digest: Digest, name: string, manifest: Manifest): void {
    const blobs = new Map<string, Digest>(manifest.entries.map(({ path, blob }) => [path, blob]));
    this.#datasets++;
    try {
      verifyDatasetFiles((file) => {
        const blob = blobs.get(file);
        return blob === undefined ? undefined : this.#store.readBlob(blob);
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#find(digest, name, error.message);
    }
  }

  #find(artifact: Digest, subject: string, detail: string): void {
    this.#findings.push({ subject, detail, artifact });
  }
}
