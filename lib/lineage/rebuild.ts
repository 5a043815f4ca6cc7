/** Rebuilds the results of a lost database from the result records in the store. */
import { z } from 'zod';
import { canonicalJson, type Json } from '../base/canonical-json.ts';
import { digestBytes, parseDigest, shortDigest, type Digest } from '../base/digest.ts';
import { actionKey } from '../model/action.ts';
import { OUTPUT_KINDS } from '../model/stage.ts';
import type { Lineage } from './lineage.ts';
import { findMismatch } from './recorder.ts';
import type { RestorableResult, RestoreCounts } from './restore.ts';
import { RESULT_PREFIX, type ResultRecord } from './result-record.ts';

/** Results written in one transaction: few enough to keep other writers waiting for milliseconds only. */
const CHUNK_RESULTS = 1_000;

export interface RebuildReport extends RestoreCounts {
  /** Blobs that begin like a record but are none, each with the reason. */
  readonly refused: readonly string[];
}

/**
 * Restores cache and dataflow from records, in any order; idempotent. History beyond that (who ran it, failures) is not in the
 * store. The records must be blobs that no manifest names: a stage could write a file that looks like a record.
 */
export function rebuildLineage(lineage: Lineage, records: Iterable<Buffer>): RebuildReport {
  const refused: string[] = [];
  const counts = lineage.restoreResults(readChunks(records, refused));
  return { ...counts, refused };
}

/** The record that the bytes are, or what is wrong with them. */
export function parseResultRecord(bytes: Buffer): ResultRecord | string {
  const text = bytes.toString('utf8');
  if (!text.startsWith(RESULT_PREFIX)) return 'it does not begin with the tag of a result record';
  const json = text.slice(RESULT_PREFIX.length);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return `it is not JSON: ${(error as Error).message}`;
  }
  const parsed = ResultRecordSchema.safeParse(value);
  if (!parsed.success) return z.prettifyError(parsed.error);
  if (canonicalJson(value as Json) !== json) return 'it is not canonical JSON';
  const record = value as ResultRecord;
  if (actionKey(record.action) !== record.key) return 'its key is not the digest of its action';
  return findMismatch(record.action, record) ?? record;
}

function* readChunks(records: Iterable<Buffer>, refused: string[]): Generator<RestorableResult[]> {
  let chunk: RestorableResult[] = [];
  for (const bytes of records) {
    const recordDigest = digestBytes(bytes);
    const record = parseResultRecord(bytes);
    if (typeof record === 'string') {
      refused.push(`${shortDigest(recordDigest)}: ${record}`);
      continue;
    }
    chunk.push({ record, recordDigest });
    if (chunk.length === CHUNK_RESULTS) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

const DigestSchema = z.custom<Digest>(
  (value) => typeof value === 'string' && parseDigest(value) !== undefined,
  'not a digest',
);
const KindSchema = z.enum(OUTPUT_KINDS);
const CountSchema = z.number().int().nonnegative();

/** The parts of an action that lineage reads; the key vouches for the rest. */
const ActionSchema = z.looseObject({
  schema: z.literal('action/v1'),
  params: z.record(z.string(), z.unknown()),
  inputs: z.record(z.string(), z.union([DigestSchema, z.record(z.string(), DigestSchema)])),
  outputs: z.record(z.string(), KindSchema),
});

const ResultRecordSchema = z.strictObject({
  key: DigestSchema,
  action: ActionSchema,
  instance: z.string().min(1),
  stage: z.string().min(1),
  startedAtMs: CountSchema,
  endedAtMs: CountSchema,
  logDigest: DigestSchema.nullable(),
  inputs: z.array(
    z.strictObject({
      name: z.string(),
      label: z.string().min(1).nullable(),
      artifact: DigestSchema,
      path: z.string().min(1).nullable(),
    }),
  ),
  outputs: z.array(
    z.strictObject({
      name: z.string(),
      kind: KindSchema,
      artifact: z.strictObject({
        digest: DigestSchema,
        form: z.enum(['file', 'directory']),
        sizeBytes: CountSchema,
        fileCount: CountSchema,
      }),
    }),
  ),
  metrics: z.array(z.strictObject({ output: z.string(), name: z.string(), value: z.number() })),
});
