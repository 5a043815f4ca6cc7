/** One artifact: what it is, what it holds, who made it. */
import type { Json } from '../base/canonical-json.ts';
import { shortDigest, type Digest } from '../base/digest.ts';
import { unreachable } from '../base/errors.ts';
import type { Artifact, ManifestEntry } from '../model/artifact.ts';
import type { OutputKind } from '../model/stage.ts';
import type { Colors } from './colors.ts';
import { formatCount, formatMetric, formatMoment, formatSize } from './quantities.ts';
import { alignColumns } from './table.ts';

/** `assay show --json` of an artifact. */
export interface ArtifactJson extends Artifact {
  /** `merge.data` when asked for by name or known by a maker, `./data` for a file of the project; null for other bytes. */
  readonly name: string | null;
  readonly kind: OutputKind | null;
  /** Whether it is what the pipeline makes now; null when asked for by digest. */
  readonly isCurrent: boolean | null;
  readonly makers: readonly Maker[];
  readonly files: readonly ManifestEntry[];
  readonly content: ArtifactContent;
}

export interface Maker {
  readonly instance: string;
  readonly output: string;
  readonly runId: number;
  readonly executionId: number;
  readonly atMs: number | null;
}

export type ArtifactContent =
  | { readonly form: 'none' }
  | { readonly form: 'json'; readonly value: Json }
  | { readonly form: 'text'; readonly text: string }
  | { readonly form: 'dataset'; readonly dataset: DatasetSummary };

export interface DatasetSummary {
  readonly name: string;
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  /** Split (`train`, `test`) to records, and to records per class. */
  readonly counts: Readonly<Record<string, number>>;
  readonly perClass: Readonly<Record<string, readonly number[]>>;
}

/** A folder may hold a thousand files; the JSON has them all. */
const FILES_SHOWN = 20;

export function renderArtifact(artifact: ArtifactJson, colors: Colors): string[] {
  const facts = [
    ['artifact', artifact.digest],
    ['kind', artifact.kind ?? artifact.form],
    ['size', `${formatSize(artifact.sizeBytes)} in ${formatCount(artifact.fileCount, 'file')}`],
    ...artifact.makers.map((maker, index) => [index === 0 ? 'made by' : '', makerText(maker)]),
  ];
  return [
    ...(artifact.name === null ? [] : [colors.bold(artifact.name) + staleNote(artifact)]),
    ...alignColumns(facts),
    ...(artifact.form === 'directory' ? ['', ...renderFiles(artifact.files, colors)] : []),
    ...renderContent(artifact.content),
  ];
}

function staleNote(artifact: ArtifactJson): string {
  return artifact.isCurrent === false ? '  of an earlier run: the pipeline has changed since' : '';
}

function makerText(maker: Maker): string {
  const at = maker.atMs === null ? '' : `, ${formatMoment(maker.atMs)}`;
  return `${maker.instance}.${maker.output}  (run ${maker.runId}, execution ${maker.executionId}${at})`;
}

function renderFiles(files: readonly ManifestEntry[], colors: Colors): string[] {
  const rows = files
    .slice(0, FILES_SHOWN)
    .map(({ path, sizeBytes, blob }) => [colors.cyan(shortDigest(blob)), formatSize(sizeBytes), path]);
  const rest = files.length - rows.length;
  return [
    ...alignColumns(rows, { right: [1] }),
    ...(rest > 0 ? [`and ${formatCount(rest, 'file')} more (--json lists all)`] : []),
  ];
}

function renderContent(content: ArtifactContent): string[] {
  switch (content.form) {
    case 'none':
      return [];
    case 'json':
      return ['', ...alignColumns(flattenJson(content.value))];
    case 'text':
      return ['', ...content.text.trimEnd().split('\n')];
    case 'dataset':
      return ['', ...renderDataset(content.dataset)];
    default:
      return unreachable(content);
  }
}

function renderDataset({ name, shape, classes, counts, perClass }: DatasetSummary): string[] {
  const splits = Object.keys(counts);
  const rows = [
    ['class', ...splits],
    ...classes.map((label, index) => [label, ...splits.map((split) => String(perClass[split]?.[index] ?? 0))]),
    ['all', ...splits.map((split) => String(counts[split]))],
  ];
  return [
    `dataset ${name}, images ${shape.join(' × ')}`,
    ...alignColumns(rows, { right: splits.map((_, index) => index + 1) }),
  ];
}

/** Nested metrics as dotted names, numbers to four digits; a list of numbers stays on one line. */
function flattenJson(value: Json, prefix = ''): string[][] {
  if (typeof value === 'number') return [[prefix, formatMetric(value)]];
  if (value === null || typeof value !== 'object') return [[prefix, String(value)]];
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const isFlat = items.every((item) => item === null || typeof item !== 'object');
    if (isFlat)
      return [[prefix, items.map((item) => (typeof item === 'number' ? formatMetric(item) : String(item))).join(' ')]];
    return items.flatMap((item, index) => flattenJson(item, join(prefix, String(index))));
  }
  return Object.entries(value).flatMap(([key, item]) => flattenJson(item, join(prefix, key)));
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

/** The lines for a digest prefix that several things share. */
export function renderCandidates(candidates: readonly { digest: Digest; name: string }[]): string[] {
  return alignColumns(
    candidates.map(({ digest, name }) => [digest.slice('sha256:'.length, 'sha256:'.length + 16), name]),
  );
}
