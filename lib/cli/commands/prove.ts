/** `assay prove RECORD DATASET`: a file that proves the record to be in it; `assay prove --check FILE` needs no dataset. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeDurably } from '../../base/durable-write.ts';
import { UserError } from '../../base/errors.ts';
import { type Dataset, SPLIT_NAMES, type SplitName } from '../../dataset/dataset.ts';
import { digestAt, digestText, recordDigests } from '../../dataset/record-digest.ts';
import { holdsTogether, parseProof, proveRecord, type RecordProof } from '../../dataset/record-proof.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDataset } from '../open-dataset.ts';
import { printJson, printLines } from '../print.ts';
import type { PipelineOptions } from '../project.ts';
import { readManifestFile } from '../read-manifest.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface ProveOptions extends PipelineOptions {
  readonly out?: string;
  readonly check?: string;
  readonly manifest?: string;
  readonly root?: string;
  readonly json?: true;
}

export async function proveCommand(
  session: Session,
  record: string | undefined,
  what: string | undefined,
  options: ProveOptions,
): Promise<ExitCode> {
  if (options.check !== undefined) return checkProof(session, options.check, options);
  if (record === undefined || what === undefined) {
    throw new UsageError('record-missing', 'prove needs a record and a dataset, or --check FILE', {
      hint: 'assay prove train:17 merge.data',
    });
  }
  const { dataset } = await openDataset(session, what, options);
  const proof = findRecord(dataset, record, what);
  const text = `${JSON.stringify(proof, null, 2)}\n`;
  const { out } = session.terminal;
  if (options.out === undefined) {
    // The file itself is JSON: with and without --json.
    out.write(text);
    return EXIT.ok;
  }
  writeDurably(resolve(session.cwd, options.out), text);
  if (options.json) printJson(out, proof);
  else printLines(out, [`wrote ${options.out}: ${describe(proof)}`]);
  return EXIT.ok;
}

const SHORTEST_PREFIX = 8;

/** `train:17`, or the first digits of a record's digest. Throws UsageError 'unknown-record' and 'ambiguous-record'. */
function findRecord(dataset: Dataset, record: string, what: string): RecordProof {
  const [, split, index] = /^(train|test):(\d{1,9})$/.exec(record) ?? [];
  if (split !== undefined) {
    const records = dataset[split as SplitName];
    const count = records?.count ?? 0;
    if (records === null || Number(index) >= count) {
      throw unknownRecord(`${what} has no record ${record}`, `its ${split} records are 0 to ${count - 1}`, count);
    }
    return proveRecord(split as SplitName, recordDigests(records), Number(index));
  }
  const hex = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(record)?.[1] ?? '';
  if (hex.length < SHORTEST_PREFIX) {
    throw unknownRecord(
      `"${record}" names no record`,
      `write train:INDEX, test:INDEX, or at least ${SHORTEST_PREFIX} hex digits of a record's digest`,
    );
  }
  const found = SPLIT_NAMES.flatMap((name) => {
    const records = dataset[name];
    const digests = records === null ? new Uint8Array(0) : recordDigests(records);
    const indexes = Array.from({ length: records?.count ?? 0 }, (_, i) => i).filter((i) =>
      digestText(digestAt(digests, i)).startsWith(`sha256:${hex}`),
    );
    return indexes.map((i) => ({ name, digests, index: i, digest: digestText(digestAt(digests, i)) }));
  });
  const [first] = found;
  if (first === undefined) throw unknownRecord(`no record of ${what} has a digest that begins with ${hex}`, 'check it');
  if (found.some(({ digest }) => digest !== first.digest)) {
    throw new UsageError('ambiguous-record', `${found.length} records' digests begin with ${hex}`, {
      hint: `give more digits, or one of ${found.map(({ name, index: i }) => `${name}:${i}`).join(', ')}`,
    });
  }
  return proveRecord(first.name, first.digests, first.index);
}

function unknownRecord(message: string, hint: string, count = 1): UsageError {
  return new UsageError('unknown-record', message, { hint: count === 0 ? 'it has none of this split' : hint });
}

type Verdict = 'proved' | 'broken' | 'other-root' | 'other-count';

/** Only a root from elsewhere proves anything: whoever forges a proof forges the root in it too. */
function checkProof(session: Session, file: string, options: ProveOptions): ExitCode {
  const proof = parseProof(readFileSync(resolve(session.cwd, file), 'utf8'), file);
  const published = findRoot(session, proof, options);
  const verdict = judge(proof, published);
  const { out } = session.terminal;
  if (options.json) printJson(out, { file, verdict, ...proof, expectedRoot: published.root });
  else printLines(out, [explain(verdict, proof, published, out.colors)]);
  return verdict === 'proved' ? EXIT.ok : EXIT.findings;
}

interface PublishedRoot {
  readonly root: string | null;
  readonly count: number | null;
  readonly from: string;
}

function findRoot(session: Session, { split }: RecordProof, { manifest, root }: ProveOptions): PublishedRoot {
  if (root !== undefined) {
    const hex = /^(?:sha256:)?([0-9a-f]{64})$/.exec(root)?.[1];
    if (hex === undefined) {
      throw new UsageError('bad-root', `--root ${root} is not a digest`, { hint: 'it has 64 lowercase hex digits' });
    }
    return { root: `sha256:${hex}`, count: null, from: 'the root given' };
  }
  if (manifest === undefined) {
    throw new UsageError('root-missing', 'a proof is checked against a root that did not come with it', {
      hint: 'add --manifest FILE, or --root and the 64 hex digits that were published',
    });
  }
  const read = readManifestFile(session, manifest);
  if (read === null) {
    throw new UserError(
      'dataset-manifest-invalid',
      `${manifest} is no sound dataset manifest: no such file, or not JSON.`,
      {
        hint: 'assay manifest writes one',
      },
    );
  }
  const published = read.splits[split];
  return { root: published?.root ?? null, count: published?.count ?? null, from: manifest };
}

function judge(proof: RecordProof, { root, count }: PublishedRoot): Verdict {
  if (!holdsTogether(proof)) return 'broken';
  if (proof.root !== root) return 'other-root';
  return count === null || count === proof.count ? 'proved' : 'other-count';
}

function explain(
  verdict: Verdict,
  proof: RecordProof,
  { root, count, from }: PublishedRoot,
  { red, green }: Session['terminal']['out']['colors'],
): string {
  switch (verdict) {
    case 'proved':
      return green(`proved by ${from}: ${describe(proof)}`);
    case 'broken':
      return red(
        `not proved: the siblings do not lead from record ${proof.index} of ${proof.count} to the root in the file`,
      );
    case 'other-root':
      return red(
        `not proved: the proof is for the root ${proof.root}; ${from} says ${root ?? `nothing of ${proof.split}`}`,
      );
    case 'other-count':
      return red(`not proved: the proof is for ${proof.count} records; ${from} says ${count}`);
  }
}

function describe({ split, record, index, count }: RecordProof): string {
  return `record ${record} is ${split}:${index} of ${count}`;
}
