/** What every stage of the experiment does around its work: start the tensor backend, check its data, write its numbers. */
import { writeFileSync } from 'node:fs';
import { startCompute } from '../../lib/compute/start.ts';
import { readDataset } from '../../lib/dataset/dataset-folder.ts';
import type { Dataset } from '../../lib/dataset/dataset.ts';
import type { Split } from '../../lib/dataset/split.ts';
import type { StageContext } from '../../lib/stage-api/context.ts';
import { StageError } from '../../lib/stage-api/stage-error.ts';

/** Starts the backend that the action key names. Throws StageError `compute-missing`, or as startCompute. */
export async function startTensors({ compute }: StageContext): Promise<void> {
  if (compute === null) {
    throw new StageError(
      'compute-missing',
      'the context names no tensor backend, but this stage computes with tensors.',
      {
        hint: 'run the stage through assay, which chooses one: assay doctor says which can be used',
      },
    );
  }
  await startCompute(compute);
}

/** A split that the stage cannot do without. Throws StageError `split-missing`. */
export function requireSplit(dataset: Dataset, name: 'train' | 'test', input: string): Split {
  const split = dataset[name];
  if (split !== null && split.count > 0) return split;
  throw new StageError('split-missing', `input "${input}" (dataset ${dataset.name}) has no ${name} records.`, {
    hint: `give the stage a dataset with a ${name} split, such as fetch.data`,
  });
}

export function readData(context: StageContext, input: string): Dataset {
  return readDataset(context.input(input));
}

/** Numbers as JSON, indented, keys in the order given. */
export function writeMetrics(context: StageContext, output: string, metrics: object): void {
  writeFileSync(context.output(output), `${JSON.stringify(metrics, null, 2)}\n`);
}
