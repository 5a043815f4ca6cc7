/** Everything an artifact rests on: published and generated data, files of the project, and every stage with its code and params. */
import type { JsonObject } from '../../base/canonical-json.ts';
import { digestRecord, type Digest } from '../../base/digest.ts';
import { unreachable } from '../../base/errors.ts';
import type { DatasetSource } from '../../dataset/dataset.ts';
import type { Action } from '../../model/action.ts';
import type { ArtifactUse } from '../../model/run.ts';
import { describer, type TraceParts, type Traced } from './derived.ts';
import { openStored } from './find-record.ts';

export type Origin =
  /** A file that was fetched, pinned by the digest of its content. */
  | { readonly kind: 'published'; readonly name: string; readonly digest: string; readonly dataset: string }
  | { readonly kind: 'generated'; readonly generator: string; readonly seed: number; readonly dataset: string }
  /** Read from the project as `./path`; an artifact of its own. */
  | { readonly kind: 'project'; readonly path: string; readonly digest: Digest; readonly isStored: boolean }
  /** A dataset whose dataset.json is not in the store any more: it cannot say where its records come from. */
  | { readonly kind: 'unknown'; readonly dataset: string; readonly digest: Digest };

export interface OriginStage {
  readonly instance: string;
  readonly runId: number;
  readonly executionId: number;
  readonly startedAtMs: number;
  readonly key: Digest;
  readonly program: Action['program'];
  /** One digest for all files of the code: of the record "code/v1" that maps each path to its digest. */
  readonly code: Digest;
  readonly codeFiles: Action['code'];
  readonly packages: Action['packages'];
  readonly params: JsonObject;
  readonly env: Action['env'];
  readonly runtime: Action['runtime'];
  readonly git: { readonly commit: string; readonly isDirty: boolean } | null;
  readonly inputs: readonly { readonly name: string; readonly artifact: Digest; readonly from: string }[];
  readonly outputs: readonly { readonly name: string; readonly kind: string; readonly artifact: Digest }[];
}

export interface Origins {
  readonly artifact: Traced;
  readonly sources: readonly Origin[];
  /** Each after all that it reads. */
  readonly stages: readonly OriginStage[];
}

/**
 * By the latest execution that made each artifact on the way, before it was read there. Where a stage gave back what it had read (a
 * training of no steps), the artifact comes from whoever made it before.
 */
export function traceOrigins(parts: TraceParts, artifact: Digest): Origins {
  const describe = describer(parts);
  const stages = new Map<number, OriginStage>();
  const projectFiles = new Map<string, Origin>();
  const makerOf = (digest: Digest, reader: number): ArtifactUse | undefined => {
    const makers = parts.lineage.makersOf(digest);
    // In a database brought back from the store, executions are not in the order in which they ran.
    return makers.findLast(({ executionId }) => executionId < reader) ?? makers.at(-1);
  };
  const visit = (maker: ArtifactUse | undefined): void => {
    if (maker === undefined || stages.has(maker.executionId) || isUnderWay.has(maker.executionId)) return;
    isUnderWay.add(maker.executionId);
    const inputs = parts.lineage.inputsOf(maker.executionId).map(({ name, label, artifact: input, path }) => {
      const named = { name: label === null ? name : `${name}[${label}]`, artifact: input };
      if (path !== null) {
        // Read from the project, it came from there, whichever stage may have made the same bytes.
        const isStored = parts.store.has(input);
        projectFiles.set(`${path} ${input}`, { kind: 'project', path, digest: input, isStored });
        return { ...named, from: `./${path}` };
      }
      const from = makerOf(input, maker.executionId);
      visit(from);
      return { ...named, from: from === undefined ? describe(input).name : `${from.instance}.${from.name}` };
    });
    const stage = describeStage(parts, maker.executionId, inputs);
    if (stage !== undefined) stages.set(maker.executionId, stage);
  };
  const isUnderWay = new Set<number>();
  visit(makerOf(artifact, Infinity));
  const sources = [...stages.values()].flatMap((stage) => sourcesOf(parts, stage));
  return {
    artifact: describe(artifact),
    sources: [...sources, ...projectFiles.values()],
    stages: [...stages.values()],
  };
}

function describeStage(
  { lineage }: TraceParts,
  executionId: number,
  inputs: OriginStage['inputs'],
): OriginStage | undefined {
  const execution = lineage.findExecution(executionId);
  if (execution === undefined) return undefined;
  const { instance, runId, startedAtMs, key, action, outputs } = execution;
  const { program, code, packages, params, env, runtime } = action;
  const git = lineage.findRun(runId)?.git ?? null;
  return {
    ...{
      instance,
      runId,
      executionId,
      startedAtMs,
      key,
      program,
      code: digestRecord('code/v1', code),
      codeFiles: code,
    },
    ...{ packages, params, env, runtime, git, inputs, outputs },
  };
}

/** What the datasets that a stage made say of their records. `derived` ones come from stages that are listed themselves. */
function sourcesOf(parts: TraceParts, { instance, outputs }: OriginStage): Origin[] {
  return outputs
    .filter(({ kind }) => kind === 'dataset')
    .flatMap(({ name, artifact }): Origin[] => {
      const dataset = `${instance}.${name}`;
      const stored = openStored(parts.store, artifact);
      if (stored === 'no-dataset') return [];
      return stored === 'unreadable'
        ? [{ kind: 'unknown', dataset, digest: artifact }]
        : describeSource(stored.source, dataset);
    });
}

function describeSource(source: DatasetSource, dataset: string): Origin[] {
  switch (source.kind) {
    case 'published':
      return source.files.map(({ name, digest }) => ({ kind: 'published', name, digest, dataset }));
    case 'generated':
      return [{ kind: 'generated', generator: source.generator, seed: source.seed, dataset }];
    case 'derived':
      return [];
    default:
      return unreachable(source);
  }
}
