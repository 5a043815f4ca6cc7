/** Everything an artifact was made from, as the exports read it: the artifacts with their names, the executions with their facts. */
import { compareUtf8 } from '../../base/canonical-json.ts';
import { shortDigest, type Digest } from '../../base/digest.ts';
import { InternalError } from '../../base/errors.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import type { Production } from '../../lineage/lineage-graph.ts';
import type { OutputKind } from '../../model/stage.ts';
import { readFacts, type ExecutionFacts } from '../statement.ts';

export interface Descent {
  readonly root: Ancestor;
  /** The root among them, in the order of their digests. */
  readonly artifacts: readonly Ancestor[];
  /** Every execution that made one of them, oldest first: each ended well. */
  readonly executions: readonly ExecutionFacts[];
}

export interface Ancestor {
  readonly digest: Digest;
  /** `merge[variant=V1].data` by the latest execution that made it, or `./data/images` for what was read from the project. */
  readonly name: string;
  /** Null for what no recorded execution made. */
  readonly kind: OutputKind | null;
  /** Null where only the digest was recorded. */
  readonly sizeBytes: number | null;
  readonly fileCount: number | null;
  /** Oldest first; several where executions came to the same bytes. */
  readonly madeBy: readonly Production[];
}

export function readDescent(lineage: Lineage, artifact: Digest): Descent {
  const graph = lineage.ancestorsOf(artifact);
  const artifacts = graph.nodes.map(({ artifact: digest, sizeBytes, fileCount, madeBy }): Ancestor => {
    const latest = madeBy.at(-1);
    return { digest, name: nameOf(lineage, digest, latest), kind: latest?.kind ?? null, sizeBytes, fileCount, madeBy };
  });
  const ids = new Set(artifacts.flatMap(({ madeBy }) => madeBy.map(({ executionId }) => executionId)));
  return {
    root: artifacts.find(({ digest }) => digest === artifact) ?? unknownRoot(artifact),
    artifacts,
    executions: [...ids].sort((a, b) => a - b).map((id) => requireFacts(lineage, id)),
  };
}

/** The digests of an execution's inputs, each once, in order. */
export function inputDigests({ inputs }: ExecutionFacts): Digest[] {
  return [...new Set(inputs.map(({ artifact }) => artifact))].sort(compareUtf8);
}

/** `evaluations[variant=V1]` for a member of a fan-in. */
export function inputRole({ name, label }: { readonly name: string; readonly label: string | null }): string {
  return label === null ? name : `${name}[${label}]`;
}

/** When a recorded execution began or ended, for others: `2026-11-25T03:00:00.000Z`. */
export function moment(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function endOf({ execution }: ExecutionFacts): string {
  if (execution.endedAtMs === null) throw new InternalError(`execution ${execution.id} made something and has no end`);
  return moment(execution.endedAtMs);
}

function nameOf(lineage: Lineage, digest: Digest, maker: Production | undefined): string {
  if (maker !== undefined) return `${maker.instance}.${maker.output}`;
  const path = lineage.projectPathOf(digest);
  return path === undefined ? shortDigest(digest) : `./${path}`;
}

function requireFacts(lineage: Lineage, executionId: number): ExecutionFacts {
  const facts = readFacts(lineage, executionId);
  if (facts === undefined) throw new InternalError(`execution ${executionId} is in the graph: got no row of it`);
  return facts;
}

function unknownRoot(artifact: Digest): never {
  throw new InternalError(`the graph of ${artifact} holds its root: got none`);
}
