/** The record of one result, kept in the store as a blob, from which a lost database is rebuilt. */
import { canonicalJson, compareUtf8, type JsonObject } from '../base/canonical-json.ts';
import { recordBytes, type Digest } from '../base/digest.ts';
import type { Action } from '../model/action.ts';
import type { ExecutionStart } from '../model/run.ts';
import type { OutputKind } from '../model/stage.ts';
import type { Commit } from './recorder.ts';

const RESULT_TAG = 'result/v1';
/** How a blob that is a result record begins. */
export const RESULT_PREFIX = `${RESULT_TAG}\0`;

/** A type, not an interface, so that it is a JsonObject. */
export type ResultRecord = {
  readonly key: Digest;
  readonly action: Action;
  readonly instance: string;
  readonly stage: string;
  readonly startedAtMs: number;
  /** Of two results of one key the later is the current one. */
  readonly endedAtMs: number;
  readonly logDigest: Digest | null;
  readonly inputs: readonly RecordedInput[];
  readonly outputs: readonly RecordedOutput[];
  readonly metrics: readonly { readonly output: string; readonly name: string; readonly value: number }[];
};

export type RecordedInput = {
  readonly name: string;
  readonly label: string | null;
  readonly artifact: Digest;
  readonly path: string | null;
};

export type RecordedOutput = {
  readonly name: string;
  readonly kind: OutputKind;
  readonly artifact: {
    readonly digest: Digest;
    readonly form: 'file' | 'directory';
    readonly sizeBytes: number;
    readonly fileCount: number;
  };
};

/** The record's bytes: canonical, with every list in UTF-8 order. Put them in the store, then commit with their digest. */
export function resultRecord(
  start: Pick<ExecutionStart, 'key' | 'action' | 'instance' | 'stage' | 'startedAtMs'>,
  commit: Pick<Commit, 'end' | 'inputs' | 'outputs' | 'metrics'>,
): Buffer {
  const metrics = commit.metrics.flatMap(({ output, metrics }) =>
    // Adding 0 turns -0, which canonical JSON refuses, into 0.
    metrics.map(({ name, value }) => ({ output, name, value: value + 0 })),
  );
  const record: ResultRecord = {
    key: start.key,
    action: start.action,
    instance: start.instance,
    stage: start.stage,
    startedAtMs: Math.floor(start.startedAtMs),
    endedAtMs: Math.floor(commit.end.endedAtMs),
    logDigest: commit.end.logDigest,
    inputs: sorted(
      commit.inputs.map(({ name, label, artifact, path }) => ({
        name,
        label,
        artifact: typeof artifact === 'string' ? artifact : artifact.digest,
        path,
      })),
    ),
    outputs: sorted(
      commit.outputs.map(({ name, kind, artifact: { digest, form, sizeBytes, fileCount } }) => ({
        name,
        kind,
        artifact: { digest, form, sizeBytes, fileCount },
      })),
    ),
    metrics: sorted(metrics),
  };
  return recordBytes(RESULT_TAG, record);
}

function sorted<T extends JsonObject>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, text: canonicalJson(item) }))
    .sort((a, b) => compareUtf8(a.text, b.text))
    .map(({ item }) => item);
}
