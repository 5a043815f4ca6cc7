/** `assay taint <what> [dataset]`: what was made from an artifact, or which datasets and models a record reached. */
import { derivedFrom, describer } from '../../audit/trace/derived.ts';
import { findRecord, recordAt } from '../../audit/trace/find-record.ts';
import { traceRecord } from '../../audit/trace/record-taint.ts';
import type { Digest } from '../../base/digest.ts';
import type { SplitName } from '../../dataset/dataset.ts';
import { renderRecordTaint, renderTaint, type TaintJson } from '../../report/render-taint.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, type PipelineOptions } from '../project.ts';
import { resolveArtifact } from '../resolve-artifact.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { withParts, type Parts } from '../wire.ts';

export interface TaintOptions extends PipelineOptions {
  readonly json?: true;
}

/** As for artifacts elsewhere would be too few: 60,000 records share their first four digits. */
const SHORTEST_RECORD = 8;

export async function taintCommand(
  session: Session,
  what: string,
  dataset: string | undefined,
  options: TaintOptions,
): Promise<ExitCode> {
  await withParts(findProjectRoot(session), session, async (parts) => {
    const record = await readRecord(parts, session, what, dataset, options);
    if (record === undefined) await taintArtifact(parts, session, what, options);
    else taintRecord(parts, session, record, options);
  });
  return EXIT.ok;
}

async function taintArtifact(parts: Parts, session: Session, what: string, options: TaintOptions): Promise<void> {
  const { digest, name } = await resolveArtifact(parts, session, what, options);
  const traced = describer(parts)(digest);
  const artifact = name === null ? traced : { ...traced, name };
  const json: TaintJson = { artifact, derived: derivedFrom(parts, [digest]) };
  const { out } = session.terminal;
  if (options.json) printJson(out, json);
  else printLines(out, renderTaint(json, out.colors));
}

function taintRecord(parts: Parts, session: Session, hex: string, options: TaintOptions): void {
  const search = findRecord(parts.store, parts.lineage.listDatasets(), hex);
  const [record, ...others] = [...search.records.keys()].sort();
  if (record === undefined) {
    throw new UsageError('unknown-record', `no record of the ${search.searched} stored datasets begins with ${hex}`, {
      hint: 'assay taint train:INDEX <dataset> names a record by its place',
    });
  }
  if (others.length > 0) {
    const shown = [record, ...others].slice(0, 5).map((each) => `    ${each.slice(0, 24)}`);
    throw new UsageError('ambiguous-record', `${others.length + 1} records' digests begin with ${hex}`, {
      hint: `give more digits:\n${shown.join('\n')}`,
    });
  }
  const taint = traceRecord(parts, record, search);
  const { out } = session.terminal;
  if (options.json) printJson(out, taint);
  else printLines(out, renderRecordTaint(taint, out.colors));
}

/** The first digits of the record that `what` means; undefined when it means an artifact. */
async function readRecord(
  parts: Parts,
  session: Session,
  what: string,
  dataset: string | undefined,
  options: TaintOptions,
): Promise<string | undefined> {
  const [, split, index] = /^(train|test):(\d{1,9})$/.exec(what) ?? [];
  if (split !== undefined && dataset !== undefined) {
    const { digest } = await resolveArtifact(parts, session, dataset, options);
    return placedRecord(parts, digest, split as SplitName, Number(index), dataset);
  }
  if (split !== undefined) {
    throw new UsageError('dataset-argument-missing', `${what} is a place in a dataset; which one?`, {
      hint: `assay taint ${what} merge.data`,
    });
  }
  if (dataset !== undefined) {
    throw new UsageError('unknown-record', `"${what}" is no place in a dataset`, {
      hint: `write train:INDEX or test:INDEX before ${dataset}`,
    });
  }
  const [, prefix, hex] = /^(record:)?(?:sha256:)?([0-9a-f]{1,64})$/.exec(what) ?? [];
  if (hex === undefined || (prefix === undefined && isArtifactPrefix(parts, hex))) return undefined;
  if (hex.length >= SHORTEST_RECORD) return hex;
  if (prefix === undefined) return undefined;
  throw new UsageError('unknown-record', `"${hex}" is too short for a record`, {
    hint: `give at least ${SHORTEST_RECORD} hex digits`,
  });
}

function placedRecord(parts: Parts, artifact: Digest, split: SplitName, index: number, what: string): string {
  const record = recordAt(parts.store, artifact, split, index);
  if (record !== undefined) return record;
  throw new UsageError('unknown-record', `${what} has no record ${split}:${index}, or is no whole dataset`, {
    hint: `assay show '${what}' says how many it has`,
  });
}

function isArtifactPrefix({ lineage, store }: Parts, hex: string): boolean {
  return lineage.findArtifactByPrefix(hex).length > 0 || store.findByPrefix(hex).length > 0;
}
