/** Keeps artifacts/view to what is current after a run. */
import { outputFileName } from '../execute/collect-outputs.ts';
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
    // Under the name that the stage wrote, so that a viewer knows a picture by its ending.
    pipeline.instances.flatMap(({ id, outputs }) =>
      Object.entries(outputsOf(id)).flatMap(([name, artifact]) => {
        const kind = outputs[name];
        return kind === undefined ? [] : [{ stage: id, output: outputFileName(name, kind), artifact }];
      }),
    ),
  );
}
