/** What can be shown of an artifact's bytes: metrics as numbers, text as text, a dataset by its counts. */
import { isUtf8 } from 'node:buffer';
import type { Json } from '../base/canonical-json.ts';
import { parseJson } from '../base/parse-json.ts';
import type { DatasetInfo } from '../dataset/dataset.ts';
import type { Manifest } from '../model/artifact.ts';
import type { OutputKind } from '../model/stage.ts';
import type { ArtifactContent } from '../report/render-artifact.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';

/** Longer text is for `assay export` and a pager. */
const LONGEST_TEXT_BYTES = 256 * 1024;
const DATASET_INFO = 'dataset.json';

/** Reads only what it shows, verified by the store. */
export function readContent(store: ArtifactStore, manifest: Manifest, kind: OutputKind | null): ArtifactContent {
  if (manifest.form === 'directory') return kind === 'dataset' ? readDataset(store, manifest) : { form: 'none' };
  const text = readText(store, manifest);
  if (text === undefined) return { form: 'none' };
  const json = kind === 'metrics' ? (parseJson(text) as Json | undefined) : undefined;
  return json === undefined ? { form: 'text', text } : { form: 'json', value: json };
}

/** The text of a one-file artifact; undefined when it is not text, or too long to print. */
export function readText(store: ArtifactStore, manifest: Manifest): string | undefined {
  const [entry] = manifest.entries;
  if (manifest.form !== 'file' || entry === undefined || entry.sizeBytes > LONGEST_TEXT_BYTES) return undefined;
  const bytes = store.readBlob(entry.blob);
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : undefined;
}

function readDataset(store: ArtifactStore, manifest: Manifest): ArtifactContent {
  const entry = manifest.entries.find(({ path }) => path === DATASET_INFO);
  const info = entry === undefined ? undefined : parseJson(store.readBlob(entry.blob).toString('utf8'));
  if (!isDatasetInfo(info)) return { form: 'none' };
  const splits = (['train', 'test'] as const).filter((split) => info.counts[split] !== null);
  return {
    form: 'dataset',
    dataset: {
      name: info.name,
      shape: info.shape,
      classes: info.classes,
      counts: Object.fromEntries(splits.map((split) => [split, info.counts[split] ?? 0])),
      perClass: Object.fromEntries(splits.map((split) => [split, info.perClass[split] ?? []])),
    },
  };
}

/** Enough to print it; `assay verify` is what judges a dataset. */
function isDatasetInfo(value: unknown): value is DatasetInfo {
  const info = value as Partial<DatasetInfo> | null | undefined;
  return info?.format === 'assay-dataset/v1' && typeof info.counts === 'object' && Array.isArray(info.classes);
}
