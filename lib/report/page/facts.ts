/** All that a page tells of a run. It is gathered first; drawing the page reads nothing else. */
import type { LogJson } from '../../audit/verify-log.ts';
import type { RunVerdict } from '../../audit/verify/verify-run.ts';
import type { Json } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/digest.ts';
import type { Execution, ExpectationRecord, Run, StageOutcome } from '../../model/run.ts';
import type { OutputKind, Scalar } from '../../model/stage.ts';

export interface RunFacts {
  /** The name of the project's folder. */
  readonly project: string;
  readonly run: Run;
  /** When the facts were gathered. */
  readonly madeAtMs: number;
  readonly assayVersion: string;
  /** In the pipeline's order, or in that in which the run came to them. */
  readonly instances: readonly InstanceFacts[];
  /** Which stage reads which, each pair once. */
  readonly edges: readonly StageEdge[];
  /** `pipeline`: pipeline.yaml is still the one that ran. `history`: it is not; edges follow from digests and labels. */
  readonly source: 'pipeline' | 'history';
  /** Of this run, failed ones too, in the order in which they started. */
  readonly executions: readonly Execution[];
  /** Every artifact that an instance read or made, each once, in the order of the instances. */
  readonly artifacts: readonly ArtifactFacts[];
  /** The metrics outputs, in the order of the instances. */
  readonly documents: readonly MetricsDocument[];
  readonly pictures: Capped<Picture>;
  readonly texts: readonly ShownText[];
  /** The name that the run's params give the dataset, or null. */
  readonly dataset: string | null;
  /** Recalls of the param `paper`, in [0, 1], that the run is held against, or null. */
  readonly paper: { readonly chosen: number; readonly others: number } | null;
  /** Of the first dataset artifact; empty when there is none. */
  readonly classes: readonly string[];
  /** Null where nothing was checked. */
  readonly audit: AuditFacts | null;
}

/** What is shown of something of which there may be too much. */
export interface Capped<T> {
  readonly shown: readonly T[];
  readonly total: number;
}

/** `running` and `waiting` only while the run goes on. */
export type InstanceState = StageOutcome['outcome'] | 'running' | 'waiting';

export interface InstanceFacts {
  readonly instance: string;
  readonly stage: string;
  readonly coordinates: Readonly<Record<string, Scalar>>;
  readonly state: InstanceState;
  /** Why it ran, in one line; empty when it did not. */
  readonly reason: string;
  readonly durationMs: number | null;
  /** The execution whose result this is, or that failed; with the run that made it. */
  readonly execution: { readonly id: number; readonly runId: number } | null;
  readonly key: Digest | null;
  readonly inputs: readonly InstanceInput[];
  readonly outputs: readonly { readonly name: string; readonly kind: OutputKind; readonly artifact: Digest }[];
  readonly expectations: readonly ExpectationRecord[];
  readonly failure: { readonly status: string; readonly logTail: readonly string[] } | null;
}

export interface InstanceInput {
  /** `data`, or `metrics[variant=V1]` for a member of a fan-in. */
  readonly name: string;
  readonly artifact: Digest;
  /** Within the project, where no stage made it; else null. */
  readonly path: string | null;
}

export interface StageEdge {
  readonly from: string;
  readonly to: string;
}

export interface ArtifactFacts {
  readonly digest: Digest;
  /** `merge[variant=V1].data`; several when instances came to the same bytes; `./data` for what was read from the project. */
  readonly names: readonly string[];
  readonly kind: OutputKind | null;
  /** Null for an input of which only the digest was recorded. */
  readonly sizeBytes: number | null;
  readonly fileCount: number | null;
}

export interface MetricsDocument {
  readonly instance: string;
  readonly stage: string;
  readonly output: string;
  readonly coordinates: Readonly<Record<string, Scalar>>;
  readonly artifact: Digest;
  /** The JSON of the output, or why it cannot be shown. */
  readonly content: { readonly value: Json } | { readonly problem: string };
}

export interface Picture {
  readonly artifact: Digest;
  readonly names: readonly string[];
  /** `image/png`. */
  readonly type: string;
  readonly base64: string;
  /** In pixels, where the file says so. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

export interface ShownText {
  readonly name: string;
  readonly artifact: Digest;
  readonly text: string;
}

export interface AuditFacts {
  readonly verdict: RunVerdict;
  readonly log: LogFacts;
}

/**
 * `no-log`: a key is known, so that every execution should have its entry. `no-key`: no key by which to judge what there is.
 * `unsigned`: neither log nor key. `no-database`: none that could be read once more.
 */
export type LogFacts =
  ({ readonly state: 'checked' | 'no-log' } & LogJson) | { readonly state: 'no-key' | 'no-database' | 'unsigned' };
