/** A file that proves one record to be in a dataset, checked with nothing but the dataset's root. */
import { z } from 'zod';
import { UserError } from '../base/errors.ts';
import { parseJson } from './dataset-manifest.ts';
import type { SplitName } from './dataset.ts';
import { merkleRoot, proveInclusion, verifyInclusion } from './merkle.ts';
import { digestAt, digestText } from './record-digest.ts';

export const PROOF_FORMAT = 'assay-record-proof/v1';

export interface RecordProof {
  readonly format: typeof PROOF_FORMAT;
  readonly split: SplitName;
  /** Digest of the record: of its label and pixels. */
  readonly record: string;
  readonly index: number;
  /** Records in the split. */
  readonly count: number;
  readonly root: string;
  /** From the leaf up, RFC 6962 section 2.1.1. */
  readonly siblings: readonly string[];
}

export function proveRecord(split: SplitName, digests: Uint8Array, index: number): RecordProof {
  const { count, path } = proveInclusion(digests, index);
  return {
    format: PROOF_FORMAT,
    split,
    record: digestText(digestAt(digests, index)),
    index,
    count,
    root: digestText(merkleRoot(digests)),
    siblings: path.map(digestText),
  };
}

/** Whether the siblings lead from the record, at this place of so many, to the root that the proof names. */
export function holdsTogether(proof: RecordProof): boolean {
  const { index, count } = proof;
  const path = proof.siblings.map(bytesOf);
  return verifyInclusion(bytesOf(proof.record), { index, count, path }, bytesOf(proof.root));
}

/** Reads a proof's text. Throws UserError 'proof-invalid'. */
export function parseProof(text: string, name: string): RecordProof {
  let json: unknown;
  try {
    json = parseJson(text, name);
  } catch {
    throw invalid(name, 'it is not JSON');
  }
  const parsed = SCHEMA.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(name, `at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not as described'}`);
}

function bytesOf(digest: string): Uint8Array {
  return new Uint8Array(Buffer.from(digest.slice('sha256:'.length), 'hex'));
}

function invalid(name: string, what: string): UserError {
  return new UserError('proof-invalid', `${name} is no sound proof: ${what}.`, {
    hint: 'assay prove RECORD DATASET writes one',
  });
}

const DIGEST = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a digest (sha256: and 64 lowercase hex digits)');
const SCHEMA = z.strictObject({
  format: z.literal(PROOF_FORMAT),
  split: z.enum(['train', 'test']),
  record: DIGEST,
  index: z.int().nonnegative(),
  count: z.int().positive(),
  root: DIGEST,
  siblings: z.array(DIGEST).max(64),
});
