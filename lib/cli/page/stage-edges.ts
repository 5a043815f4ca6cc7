/** Which stage of a run reads which: from the pipeline, or from what was recorded. */
import type { Digest } from '../../base/digest.ts';
import type { StageInstance } from '../../model/stage.ts';
import type { InstanceFacts, StageEdge } from '../../report/page/facts.ts';

export function edgesOfPipeline(instances: readonly StageInstance[]): StageEdge[] {
  const stageOf = new Map(instances.map(({ id, stage }) => [id, stage]));
  const edges = new EdgeSet();
  for (const { stage, inputs } of instances) {
    for (const input of Object.values(inputs)) {
      if (input.kind === 'output') edges.add(stageOf.get(input.instance), stage);
      if (input.kind === 'all') edges.add(input.stage, stage);
    }
  }
  return edges.list();
}

/**
 * By the digests that were read: of several stages that made the same bytes the last before the reader counts, which may be the
 * wrong one where a stage leaves its input as it is.
 */
export function edgesOfHistory(instances: readonly InstanceFacts[]): StageEdge[] {
  const makers = new Map<Digest, string>();
  const edges = new EdgeSet();
  for (const { stage, inputs, outputs } of instances) {
    for (const { artifact, path } of inputs) if (path === null) edges.add(makers.get(artifact), stage);
    for (const { artifact } of outputs) makers.set(artifact, stage);
  }
  return edges.list();
}

class EdgeSet {
  readonly #edges = new Map<string, StageEdge>();

  add(from: string | undefined, to: string): void {
    if (from !== undefined && from !== to) this.#edges.set(`${from}\n${to}`, { from, to });
  }

  list(): StageEdge[] {
    return [...this.#edges.values()];
  }
}
