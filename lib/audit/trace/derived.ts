/** What was made from an artifact, through any number of steps and runs. */
import { compareUtf8 } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/digest.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import type { LineageEdge, LineageGraph, LineageNode } from '../../lineage/lineage-graph.ts';
import { OUTPUT_KINDS, type OutputKind } from '../../model/stage.ts';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { readShown } from '../../store/view.ts';

export interface TraceParts {
  readonly lineage: Lineage;
  readonly store: ArtifactStore;
}

/** An artifact as a reader of a trace needs it. */
export interface Traced {
  readonly digest: Digest;
  /** `retrain[variant=V1].model`, by the latest execution that made it; `./data` for what was read from the project. */
  readonly name: string;
  /** Null for what no stage made. */
  readonly kind: OutputKind | null;
  readonly madeBy: readonly Maker[];
  /** Whether its manifest is in the store; without it only the lineage knows the artifact. */
  readonly isStored: boolean;
  /** Whether artifacts/view shows it: what the pipeline makes now. */
  readonly isCurrent: boolean;
}

export interface Maker {
  readonly runId: number;
  readonly executionId: number;
  readonly instance: string;
  readonly output: string;
}

export interface Derived extends Traced {
  /** Executions between it and the origin, along the shortest way. */
  readonly steps: number;
}

/** Everything made from any of the origins but the origins themselves; datasets first, then models and so on, by steps and name. */
export function derivedFrom(parts: TraceParts, origins: readonly Digest[]): Derived[] {
  const describe = describer(parts);
  const nodes = new Map<Digest, LineageNode>();
  const edges: LineageEdge[] = [];
  for (const origin of origins) {
    const graph: LineageGraph = parts.lineage.descendantsOf(origin);
    for (const node of graph.nodes) nodes.set(node.artifact, node);
    edges.push(...graph.edges);
  }
  const steps = stepsFrom(origins, edges);
  return [...nodes.values()]
    .filter(({ artifact }) => !origins.includes(artifact))
    .map((node) => ({ ...describe(node.artifact, node.madeBy), steps: steps.get(node.artifact) ?? 0 }))
    .sort((a, b) => rank(a.kind) - rank(b.kind) || a.steps - b.steps || compareUtf8(a.name, b.name));
}

/** Describes artifacts one after another; what the view shows is read once. */
export function describer({
  lineage,
  store,
}: TraceParts): (artifact: Digest, madeBy?: LineageNode['madeBy']) => Traced {
  const shown = new Set(Object.values(readShown(store.paths.view) ?? {}));
  return (digest, known) => {
    const madeBy =
      known ?? lineage.descendantsOf(digest).nodes.find(({ artifact }) => artifact === digest)?.madeBy ?? [];
    const latest = madeBy.at(-1);
    const path = latest === undefined ? lineage.projectPathOf(digest) : undefined;
    return {
      digest,
      name: latest !== undefined ? `${latest.instance}.${latest.output}` : path === undefined ? digest : `./${path}`,
      kind: latest?.kind ?? null,
      madeBy: madeBy.map(({ runId, executionId, instance, output }) => ({ runId, executionId, instance, output })),
      isStored: store.has(digest),
      isCurrent: shown.has(digest),
    };
  };
}

function stepsFrom(origins: readonly Digest[], edges: readonly LineageEdge[]): Map<Digest, number> {
  const next = new Map<Digest, Digest[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const steps = new Map<Digest, number>(origins.map((origin) => [origin, 0]));
  const waiting = [...origins];
  for (let from = waiting.shift(); from !== undefined; from = waiting.shift()) {
    for (const to of next.get(from) ?? []) {
      if (steps.has(to)) continue;
      steps.set(to, (steps.get(from) ?? 0) + 1);
      waiting.push(to);
    }
  }
  return steps;
}

function rank(kind: OutputKind | null): number {
  return kind === null ? OUTPUT_KINDS.length : OUTPUT_KINDS.indexOf(kind);
}
