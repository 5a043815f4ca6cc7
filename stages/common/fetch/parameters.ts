/** What may be asked of the fetch stage. Kept free of tensors: who only fetches loads no tensor library. */
import { z } from 'zod';
import type { StageContext } from '../../../lib/stage-api/context.ts';
import { StageError } from '../../../lib/stage-api/stage-error.ts';
import { didYouMean, invalidParameter } from '../parameters/invalid.ts';
import { CATALOGUE, CIFAR_BATCH_COUNT, CIFAR_BATCHES, PUBLISHED_NAMES, type PublishedName } from './catalogue.ts';

const DATASET_NAMES = ['glyphs', ...PUBLISHED_NAMES] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];

export interface FetchParameters {
  readonly dataset: DatasetName;
  /** Records to keep; null keeps all. */
  readonly limits: { readonly train: number | null; readonly test: number | null };
  /** Training batches of cifar10, ascending; empty for the other datasets. */
  readonly batches: readonly number[];
  readonly seed: number;
  /** A folder to read from instead of the network; null downloads. */
  readonly mirror: string | null;
}

/** As many digits as MNIST has: the generator could make more, but a default of "all" must mean something. */
const GLYPH_COUNTS = { train: 60_000, test: 10_000 } as const;

/** Checks the params and the unkeyed `mirror` of the stage. Throws StageError 'parameter-invalid': the path, the value, what is allowed. */
export function readFetchParameters(context: Pick<StageContext, 'params' | 'unkeyed'>): FetchParameters {
  const { params, unkeyed } = context;
  const dataset = check('dataset', params['dataset'], DATASET, datasetHint(params['dataset']));
  const wanted = check('fetch', params['fetch'] ?? {}, FETCH);
  const seed = check('seed', params['seed'], SEED);
  const mirror = check('mirror', unkeyed['mirror'] ?? null, MIRROR);
  const batches = batchesOf(dataset, wanted.batches);
  const available = availableCounts(dataset, batches);
  for (const part of ['train', 'test'] as const) {
    const limit = wanted[part];
    if (limit === null || limit <= available[part]) continue;
    const of = dataset === 'cifar10' && part === 'train' ? ` (training batches ${batches.join(', ')})` : '';
    throw invalidParameter(
      `fetch.${part}`,
      limit,
      `null or an integer of 1 to ${available[part]}, all that ${dataset} has${of}`,
    );
  }
  return {
    dataset,
    limits: { train: wanted.train, test: wanted.test },
    batches,
    seed,
    mirror: mirror === '' ? null : mirror,
  };
}

/** How many records the dataset has to choose from. */
export function availableCounts(
  dataset: DatasetName,
  batches: readonly number[],
): { readonly train: number; readonly test: number } {
  if (dataset === 'glyphs') return GLYPH_COUNTS;
  const { counts } = CATALOGUE[dataset satisfies PublishedName];
  return dataset === 'cifar10' ? { ...counts, train: batches.length * CIFAR_BATCH_COUNT } : counts;
}

function datasetHint(dataset: unknown): string | undefined {
  return typeof dataset === 'string' ? didYouMean(dataset, DATASET_NAMES) : undefined;
}

function batchesOf(dataset: DatasetName, batches: readonly number[] | null): readonly number[] {
  if (dataset === 'cifar10') return batches === null ? CIFAR_BATCHES : [...batches].sort((a, b) => a - b);
  if (batches === null) return [];
  throw invalidParameter(
    'fetch.batches',
    batches,
    `null: only cifar10 comes in batches, and the dataset is ${dataset}`,
  );
}

const LIMIT = z
  .int({ error: 'null or an integer of at least 1' })
  .min(1, { error: 'null or an integer of at least 1' });
const BATCHES_ALLOWED = 'null or a list of different integers of 1 to 5';

const DATASET = z.enum(DATASET_NAMES, { error: DATASET_NAMES.join(', ') });
const SEED_ALLOWED = 'an integer of 1 to 2147483647';
const SEED = z
  .int({ error: SEED_ALLOWED })
  .min(1, { error: SEED_ALLOWED })
  .max(2 ** 31 - 1, { error: SEED_ALLOWED });
const MIRROR = z.string({ error: 'null or the path of a folder' }).nullable();
const FETCH = z.strictObject(
  {
    train: LIMIT.nullable().default(null),
    test: LIMIT.nullable().default(null),
    batches: z
      .array(z.int({ error: BATCHES_ALLOWED }).min(1, { error: BATCHES_ALLOWED }).max(5, { error: BATCHES_ALLOWED }), {
        error: BATCHES_ALLOWED,
      })
      .min(1, { error: BATCHES_ALLOWED })
      .refine((batches) => new Set(batches).size === batches.length, { error: BATCHES_ALLOWED })
      .nullable()
      .default(null),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? 'train, test, batches' : 'a map of train, test and batches',
  },
);

function check<T>(name: string, value: unknown, schema: z.ZodType<T>, hint?: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] as string;
    throw new StageError('parameter-invalid', `parameter ${name}.${key} is not known; allowed: ${issue.message}`, {
      hint: didYouMean(key, Object.keys(FETCH.shape)) ?? `take ${name}.${key} out of pipeline.yaml`,
    });
  }
  // A list is shown and set as a whole, so the path ends before an index.
  const depth = issue.path.findIndex((key) => typeof key === 'number');
  const path = depth < 0 ? issue.path : issue.path.slice(0, depth);
  const found = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], value);
  throw invalidParameter([name, ...path].join('.'), found, issue.message, hint);
}
