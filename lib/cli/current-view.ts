/** Keeps artifacts/view to what is current after a run. */
import type { OutputDigests } from '../model/plan.ts';
import type { StageOutcome } from '../model/run.ts';
import type { Pipeline } from '../model/stage.ts';
import type { Parts } from './wire.ts';

/** What this run brought about; of instances it did not look at, because they were no target, what they last made. */
export function showCurrent(pipeline: Pipeline, outcomes: readonly StageOutcome[], { store, lineage }: Parts): void {
  const looked = new Map(outcomes.map(({ instance, outputs }) => [instance, outputs]));
  const outputsOf = (id: string): OutputDigests => {
    const outputs = looked.get(id);
    if (outputs !== undefined) return outputs;
    const latest = lineage.findLatestAction(id);
    return latest === undefined ? {} : (lineage.findResult(latest.key)?.outputs ?? {});
  };
  store.viewCurrent(
    pipeline.instances.flatMap(({ id }) =>
      Object.entries(outputsOf(id)).map(([output, artifact]) => ({ stage: id, output, artifact })),
    ),
  );
}
