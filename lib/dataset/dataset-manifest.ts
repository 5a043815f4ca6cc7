/**
 * The small file to publish beside a dataset: what identifies its records, without them. docs/dataset-manifest.md describes it.
 *
 * Record digests are optional. Without them the file has a kilobyte and still proves any alteration; with them it has 70 bytes a
 * record (4 MB for MNIST) and an audit against it alone can name the altered records, and with the labels their classes.
 */
import { z } from 'zod';
import { UserError } from '../base/errors.ts';
import { type Dataset, type PerSplit, SPLIT_NAMES, type SplitName } from './dataset.ts';
import { merkleRoot } from './merkle.ts';
import { DIGEST_BYTES, digestText, multisetDigest, recordDigests } from './record-digest.ts';
import { recordManifest, type RecordManifest } from './record-manifest.ts';
import { countPerClass, imageSizeBytes, type Shape, type Split } from './split.ts';

export const MANIFEST_FORMAT = 'assay-dataset-manifest/v1';

export interface SplitManifest extends RecordManifest {
  /** In the order of the records: the 64 hex digits of each digest, and each label. */
  readonly records?: { readonly digests: readonly string[]; readonly labels: readonly number[] };
}

export interface DatasetManifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly name: string;
  readonly shape: Shape;
  readonly classes: readonly string[];
  readonly splits: PerSplit<SplitManifest>;
}

/** Digests every record once. */
export function describeRecords(dataset: Dataset, options: { withRecords: boolean }): DatasetManifest {
  const { name, shape, classes } = dataset;
  const describe = (split: Split | null): SplitManifest | null =>
    split === null ? null : describeSplit(split, classes.length, options.withRecords);
  return {
    format: MANIFEST_FORMAT,
    name,
    shape,
    classes,
    splits: { train: describe(dataset.train), test: describe(dataset.test) },
  };
}

function describeSplit(split: Split, classCount: number, withRecords: boolean): SplitManifest {
  const manifest = recordManifest(split, classCount);
  if (!withRecords) return manifest;
  return { ...manifest, records: { digests: hexRows(recordDigests(split)), labels: [...split.labels] } };
}

/** Indented JSON with lists of numbers on one line each, and a line for each record's digest: `grep` finds a record. */
export function encodeManifestFile(manifest: DatasetManifest): string {
  const text = JSON.stringify(manifest, null, 2);
  return `${text.replaceAll(/\[\s+((?:\d+,\s+)*\d+)\s+\]/g, (_, list: string) => `[${list.replaceAll(/\s+/g, ' ')}]`)}\n`;
}

/**
 * Reads a manifest's text; `name` stands for the file in errors. Everything in it must agree with everything else: counts with
 * counts, record digests with root and multiset. Throws UserError 'dataset-manifest-invalid', 'dataset-manifest-version' and, where
 * an address stands for a digest, 'dataset-manifest-unverifiable'.
 */
export function parseManifestFile(text: string, name: string): DatasetManifest {
  const json = parseJson(text, name);
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'string' && format.startsWith('assay-dataset-manifest/') && format !== MANIFEST_FORMAT) {
    throw new UserError(
      'dataset-manifest-version',
      `${name} has the format ${format}; this Assay reads ${MANIFEST_FORMAT}.`,
      {
        hint: 'use the Assay that wrote it, or a newer one',
      },
    );
  }
  const address = findAddress(json, []);
  if (address !== undefined) throw unverifiable(name, address.at, address.text);
  const parsed = SCHEMA.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(name, `at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not as described'}`);
  }
  const manifest = parsed.data as DatasetManifest;
  const problem = SPLIT_NAMES.map((split) => findContradiction(manifest, split)).find((found) => found !== undefined);
  if (problem !== undefined) throw invalid(name, problem);
  return manifest;
}

/** The rows of digests that a manifest lists; null when it lists none. */
export function manifestDigests({ records }: SplitManifest): Uint8Array | null {
  return records === undefined ? null : new Uint8Array(Buffer.from(records.digests.join(''), 'hex'));
}

/** Classes named by nothing but their number say nothing of what a label means. */
export function areNumbered(classes: readonly string[]): boolean {
  return classes.every((name, label) => name === String(label));
}

function hexRows(digests: Uint8Array): string[] {
  const hex = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength).toString('hex');
  const width = 2 * DIGEST_BYTES;
  return Array.from({ length: hex.length / width }, (_, i) => hex.slice(i * width, (i + 1) * width));
}

/** Some published metadata carries an address where a digest belongs: what it leads to can change, so it verifies nothing. */
function findAddress(value: unknown, at: readonly string[]): { at: string; text: string } | undefined {
  if (typeof value === 'string') {
    const isDigestField = /^(root|multiset)$/.test(at.at(-1) ?? '') || at.includes('digests');
    const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
    return isDigestField && isAddress ? { at: at.join('.'), text: value } : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = findAddress(item, [...at, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What one field of a split says against another, or undefined. */
function findContradiction({ splits, classes }: DatasetManifest, name: SplitName): string | undefined {
  const split = splits[name];
  if (split === null) return undefined;
  const { count, perClass, records } = split;
  if (perClass.length !== classes.length) {
    return `splits.${name}.perClass has ${perClass.length} numbers for ${classes.length} classes`;
  }
  const sum = perClass.reduce((a, b) => a + b, 0);
  if (sum !== count) return `splits.${name}.perClass adds up to ${sum}, but count is ${count}`;
  if (records === undefined) return undefined;
  for (const field of ['digests', 'labels'] as const) {
    const length = records[field].length;
    if (length !== count) return `splits.${name}.records.${field} has ${length} entries, but count is ${count}`;
  }
  const strange = records.labels.findIndex((label) => label >= classes.length);
  if (strange >= 0) return `splits.${name}.records.labels gives record ${strange} a label beyond the classes`;
  if (countPerClass(Uint8Array.from(records.labels), classes.length).join() !== perClass.join()) {
    return `splits.${name}.records.labels do not give perClass`;
  }
  const digests = manifestDigests(split) as Uint8Array;
  if (digestText(merkleRoot(digests)) !== split.root) return `splits.${name}.records.digests do not give the root`;
  if (digestText(multisetDigest(digests)) !== split.multiset)
    return `splits.${name}.records.digests do not give the multiset`;
  return undefined;
}

export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(name, `is not JSON: ${(cause as Error).message}`);
  }
}

function invalid(name: string, what: string): UserError {
  return new UserError('dataset-manifest-invalid', `${name} is no sound dataset manifest: ${what}.`, {
    hint: 'get it again from whoever published it; assay manifest writes one',
  });
}

function unverifiable(name: string, at: string, address: string): UserError {
  return new UserError(
    'dataset-manifest-unverifiable',
    `UNVERIFIABLE: ${at} in ${name} is an address, not a digest: ${address}`,
    { hint: 'what an address leads to can change: ask whoever published it for the digest itself' },
  );
}

const COUNT = z.int().nonnegative();
const DIGEST = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a digest (sha256: and 64 lowercase hex digits)');
const HEX = z.string().regex(/^[0-9a-f]{64}$/, 'not a record digest (64 lowercase hex digits)');
const SIDE = z.int().positive();
const SPLIT = z
  .strictObject({
    root: DIGEST,
    multiset: DIGEST,
    count: COUNT,
    perClass: z.array(COUNT),
    records: z.strictObject({ digests: z.array(HEX), labels: z.array(COUNT.max(255)) }).optional(),
  })
  .nullable();
const SCHEMA = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  name: z.string(),
  shape: z.tuple([SIDE, SIDE, SIDE]).refine((shape) => imageSizeBytes(shape) <= 1 << 26, 'images of over 64 MiB'),
  classes: z.array(z.string()).min(1).max(256),
  splits: z.strictObject({ train: SPLIT, test: SPLIT }),
});
