/**
 * Which models ever saw a record. What lineage can tell is that an execution read a dataset that holds the record, and in which split;
 * which of its records the program then used is not recorded, and is not claimed here.
 */
import { compareUtf8 } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/digest.ts';
import { groupBy } from '../../base/group-by.ts';
import { derivedFrom, describer, type Derived, type TraceParts, type Traced } from './derived.ts';
import type { Holding, RecordSearch } from './find-record.ts';

/**
 * train, test: an execution that made it read a dataset with the record in this split (train wins). derived: none did, but it was
 * made from something whose making did, such as a model trained further, or a dataset without the record made from one that has it.
 */
export type Exposure = 'train' | 'test' | 'derived';

export interface Reading {
  readonly runId: number;
  readonly executionId: number;
  readonly instance: string;
  readonly input: string;
  readonly dataset: Digest;
  readonly datasetName: string;
  readonly split: Holding['split'];
  readonly indexes: readonly number[];
}

export interface SeenBy extends Traced {
  readonly exposure: Exposure;
  /** Empty for `derived`. */
  readonly readings: readonly Reading[];
  /** Steps from the nearest dataset that holds the record. */
  readonly steps: number;
}

export interface RecordTaint {
  /** 64 hex digits. */
  readonly record: string;
  readonly heldBy: readonly (Traced & Pick<Holding, 'split' | 'indexes' | 'label' | 'className'>)[];
  /** Models, most exposed first. */
  readonly models: readonly SeenBy[];
  /** All else that was made from datasets that hold it. */
  readonly others: readonly Derived[];
  readonly searched: number;
  readonly unreadable: readonly Traced[];
}

export function traceRecord(parts: TraceParts, record: string, search: RecordSearch): RecordTaint {
  const holdings = search.records.get(record) ?? [];
  const describe = describer(parts);
  const holders = [...new Set(holdings.map(({ artifact }) => artifact))];
  const readings = readingsOf(parts, holdings, (artifact) => describe(artifact).name);
  const derived = derivedFrom(parts, holders);
  const models = derived
    .filter(({ kind }) => kind === 'model')
    .map((model): SeenBy => {
      const own = model.madeBy.flatMap(({ executionId }) => readings.get(executionId) ?? []);
      const exposure = own.some(({ split }) => split === 'train') ? 'train' : own.length > 0 ? 'test' : 'derived';
      return { ...model, exposure, readings: own };
    });
  const order: readonly Exposure[] = ['train', 'test', 'derived'];
  return {
    record,
    heldBy: holdings.map(({ artifact, split, indexes, label, className }) => ({
      ...describe(artifact),
      ...{ split, indexes, label, className },
    })),
    models: models.sort(
      (a, b) =>
        order.indexOf(a.exposure) - order.indexOf(b.exposure) || a.steps - b.steps || compareUtf8(a.name, b.name),
    ),
    others: derived.filter(({ kind }) => kind !== 'model'),
    searched: search.searched,
    unreadable: search.unreadable.map((artifact) => describe(artifact)),
  };
}

/** By execution. */
function readingsOf(
  { lineage }: TraceParts,
  holdings: readonly Holding[],
  nameOf: (artifact: Digest) => string,
): Map<number, Reading[]> {
  const readings = holdings.flatMap(({ artifact, split, indexes }) =>
    lineage.consumersOf(artifact).map(({ runId, executionId, instance, name, label }) => ({
      ...{ runId, executionId, instance, input: label === null ? name : `${name}[${label}]` },
      ...{ dataset: artifact, datasetName: nameOf(artifact), split, indexes },
    })),
  );
  return groupBy(readings, ({ executionId }) => executionId);
}
