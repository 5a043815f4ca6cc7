/**
 * What an execution did, as an in-toto Statement v1 with SLSA provenance v1, from the rows of the lineage database alone: the same
 * rows give the same bytes, so that a row can later be held against what was signed.
 *
 * A failed execution has a statement too, or the breach of an expectation could be dropped unseen. Its subject is its action.
 */
import { canonicalJson, type Json, type JsonObject } from '../base/canonical-json.ts';
import { digestHex, digestRecord, type Digest } from '../base/digest.ts';
import type { InputRow, MetricRow, ParamRow } from '../lineage/dataflow.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { ManifestEntry } from '../model/artifact.ts';
import type { Execution, ExpectationRecord, Run } from '../model/run.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
export const BUILD_TYPE = 'https://example.org/assay/stage/v1';
const BUILDER = 'https://example.org/assay';

/** All that the database knows of one execution. */
export interface ExecutionFacts {
  readonly execution: Execution;
  readonly run: Run;
  /** Of the result record in the store; null for an execution that did not end well. */
  readonly recordDigest: Digest | null;
  readonly inputs: readonly InputRow[];
  readonly params: readonly ParamRow[];
  readonly metrics: readonly MetricRow[];
  readonly expectations: readonly ExpectationRecord[];
}

/** What is signed beside the rows. */
export interface StatementContext {
  /** Its place in the transparency log, from 0. */
  readonly logIndex: number;
  /** It was not written when the execution ended: a crash came between, or the log was begun later. */
  readonly recordedLater: boolean;
  /** The files of small outputs, by output name, so that others can match a file they hold. */
  readonly files: Readonly<Record<string, readonly ManifestEntry[]>>;
}

export type Descriptor = {
  readonly name: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly annotations?: JsonObject;
};

export type Statement = {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly Descriptor[];
  readonly predicateType: string;
  readonly predicate: JsonObject;
};

/** Undefined when the execution, its run or its action is not in the database. */
export function readFacts(lineage: Lineage, executionId: number): ExecutionFacts | undefined {
  const execution = lineage.findExecution(executionId);
  const run = execution && lineage.findRun(execution.runId);
  if (execution === undefined || run === undefined) return undefined;
  return {
    execution,
    run,
    recordDigest: lineage.recordDigestOf(executionId),
    inputs: lineage.inputsOf(executionId),
    params: lineage.paramsOf(executionId),
    metrics: lineage.metricsOf(executionId),
    expectations: lineage.expectationsOf(executionId),
  };
}

export function statementOf(facts: ExecutionFacts, context: StatementContext): Statement {
  const { execution, run } = facts;
  const { action } = execution;
  return {
    _type: STATEMENT_TYPE,
    subject: subjectOf(execution, context.files),
    predicateType: PROVENANCE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          stage: execution.stage,
          instance: execution.instance,
          params: Object.fromEntries(facts.params.map(({ name, value }) => [name, value])),
        },
        internalParameters: action.runtime,
        resolvedDependencies: [
          ...facts.inputs.map(inputDescriptor),
          ...Object.entries(action.code).map(([name, digest]) => descriptor(name, digest)),
          descriptor('pipeline', run.pipelineDigest),
          ...(run.git === null ? [] : [gitDescriptor(run.git)]),
        ],
      },
      runDetails: {
        builder: { id: `${BUILDER}@${run.assayVersion}` },
        metadata: {
          invocationId: execution.key,
          startedOn: moment(execution.startedAtMs),
          finishedOn: moment(execution.endedAtMs ?? NaN),
        },
        byproducts: byproductsOf(facts, context),
      },
    },
  };
}

/** The bytes that are signed. */
export function statementBytes(statement: Statement): Buffer {
  return Buffer.from(canonicalJson(statement), 'utf8');
}

/** `retrain.model` is the artifact, by the sha256 of its manifest; `retrain/model/weights.bin` is a file of it. */
function subjectOf(execution: Execution, files: StatementContext['files']): Descriptor[] {
  const { instance, outputs, key } = execution;
  if (outputs.length === 0) return [descriptor(instance, key)];
  return [
    ...outputs.map(({ name, artifact }) => descriptor(`${instance}.${name}`, artifact)),
    ...outputs.flatMap(({ name }) =>
      (files[name] ?? []).map(({ path, blob }) =>
        descriptor(path === '.' ? `${instance}/${name}` : `${instance}/${name}/${path}`, blob),
      ),
    ),
  ];
}

function inputDescriptor({ name, label, artifact, path }: InputRow): Descriptor {
  const whole = label === null ? `inputs.${name}` : `inputs.${name}[${label}]`;
  return { ...descriptor(whole, artifact), ...(path === null ? {} : { annotations: { path } }) };
}

function gitDescriptor({ commit, isDirty }: NonNullable<Run['git']>): Descriptor {
  return { name: 'git', digest: { gitCommit: commit }, annotations: { isDirty } };
}

function byproductsOf(facts: ExecutionFacts, { logIndex, recordedLater }: StatementContext): Descriptor[] {
  const { execution, recordDigest, metrics, expectations } = facts;
  const { id, runId, attempt, status, exitCode, signal, peakMemoryBytes, logDigest } = execution;
  return [
    ...(logDigest === null ? [] : [descriptor('log', logDigest)]),
    ...(recordDigest === null ? [] : [descriptor('result', recordDigest)]),
    // The command line, the user and the host may be nobody's business: only their digest is signed.
    { ...descriptor('run', digestRecord('run/v1', runRecord(facts.run))), annotations: { run: runId } },
    {
      name: 'execution',
      annotations: {
        ...{ execution: id, attempt, status, exitCode, signal, peakMemoryBytes },
        ...{ logIndex, recordedLater },
      },
    },
    ...(metrics.length === 0 ? [] : [{ name: 'metrics', annotations: metricsRecord(metrics) }]),
    ...(expectations.length === 0
      ? []
      : [
          {
            name: 'expectations',
            annotations: Object.fromEntries(expectations.map(({ output, holds }) => [output, holds])),
          },
        ]),
  ];
}

function runRecord({ startedAtMs, argv, profile, overrides, user, host }: Run): JsonObject {
  return { startedAtMs, argv, profile, overrides, user, host };
}

function metricsRecord(metrics: readonly MetricRow[]): JsonObject {
  const byOutput: Record<string, Record<string, Json>> = {};
  // Adding 0 turns -0, which canonical JSON refuses, into 0; what an edited row may hold besides is told by its name.
  for (const { output, name, value } of metrics) {
    (byOutput[output] ??= {})[name] = Number.isFinite(value) ? value + 0 : String(value);
  }
  return byOutput;
}

function descriptor(name: string, digest: Digest): Descriptor {
  return { name, digest: { sha256: digestHex(digest) } };
}

/** A row that was edited may hold what is no moment. */
export function moment(atMs: number): string {
  const at = new Date(atMs);
  return Number.isNaN(at.getTime()) ? `not a moment: ${atMs}` : at.toISOString();
}
