/** What the files of an artifact say of it: dataset.json of a dataset, model.json of a model. Nothing of them is needed to export it. */
import { z } from 'zod';
import type { Digest } from '../../base/digest.ts';
import { parseJson } from '../../base/parse-json.ts';
import { INFO_FILE } from '../../dataset/dataset-folder.ts';
import type { ArtifactStore } from '../../store/artifact-store.ts';

/** The store as far as exports read it: what it serves is verified by content. */
export type ArtifactReader = Pick<ArtifactStore, 'has' | 'readManifest' | 'readBlob'>;

const MODEL_FILE = 'model.json';

const PER_SPLIT = z.object({ train: z.int().nullable(), test: z.int().nullable() });
const DATASET = z.object({
  format: z.literal('assay-dataset/v1'),
  name: z.string(),
  shape: z.array(z.int()),
  classes: z.array(z.string()),
  counts: PER_SPLIT,
  perClass: z.object({ train: z.array(z.int()).nullable(), test: z.array(z.int()).nullable() }),
  recordsRoot: z.object({ train: z.string().nullable(), test: z.string().nullable() }),
});
export type DatasetDescription = z.infer<typeof DATASET>;

const MODEL = z.object({
  format: z.literal('assay-model/v1'),
  architecture: z.string(),
  /** Height, width, channels. */
  input: z.array(z.int()),
  inputRange: z.array(z.number()),
  classes: z.array(z.string()),
  dtype: z.string(),
  parameters: z.array(z.object({ name: z.string(), shape: z.array(z.int()) })),
});
export type ModelDescription = z.infer<typeof MODEL>;

/** Null for a dataset of another format, and for one whose bytes are no longer kept. */
export function readDatasetDescription(store: ArtifactReader, artifact: Digest): DatasetDescription | null {
  return readDescription(store, artifact, INFO_FILE, DATASET);
}

/** Null for a model of another format, and for one whose bytes are no longer kept. */
export function readModelDescription(store: ArtifactReader, artifact: Digest): ModelDescription | null {
  return readDescription(store, artifact, MODEL_FILE, MODEL);
}

function readDescription<T extends z.ZodType>(
  store: ArtifactReader,
  artifact: Digest,
  file: string,
  schema: T,
): z.infer<T> | null {
  if (!store.has(artifact)) return null;
  const entry = store.readManifest(artifact).entries.find(({ path }) => path === file);
  if (entry === undefined || !store.has(entry.blob)) return null;
  const parsed = schema.safeParse(parseJson(store.readBlob(entry.blob).toString('utf8')));
  return parsed.success ? parsed.data : null;
}
