/**
 * Holds the log against itself (signatures, order, checkpoint), against the database (every entry's row as it was signed, every row
 * with its entry), and against a checkpoint that was published where nobody here can change it.
 */
import type { Lineage } from '../lineage/lineage.ts';
import { originOf, parseCheckpoint, type SignedCheckpoint } from './checkpoint.ts';
import { compareStatement } from './compare-statement.ts';
import { identityOf, readEntry, type LogEntry } from './log-entry.ts';
import { LogFile } from './log-file.ts';
import { LogTrust } from './log-trust.ts';
import { GrowingTree, hashEntry } from './merkle-log.ts';
import type { PublicKey } from './public-key.ts';
import { moment, readFacts } from './statement.ts';

export type LogProblem =
  | 'altered'
  | 'dropped'
  | 'not-logged'
  | 'unsigned'
  | 'out-of-order'
  | 'unreadable'
  | 'checkpoint-missing'
  | 'checkpoint-unsigned'
  | 'checkpoint-differs'
  | 'cut-short';

export interface LogFinding {
  readonly problem: LogProblem;
  /** From 0; null for what is about the whole log or about a row without an entry. */
  readonly entry: number | null;
  readonly executionId: number | null;
  readonly instance: string | null;
  /** `params.attack.count`, `finishedOn`; null for what is about the whole. */
  readonly field: string | null;
  readonly signed: string | null;
  readonly found: string | null;
  /** In words. */
  readonly detail: string;
}

export interface LogJson {
  readonly isSound: boolean;
  readonly entries: number;
  /** Base64; null for an empty log. */
  readonly root: string | null;
  /** Executions logged after they had ended: a crash came between, or the log was begun later. */
  readonly recordedLater: number;
  /** A crash left half a line at the end; the next run drops it. */
  readonly isTorn: boolean;
  /** The published checkpoint that it was held against. */
  readonly published: { readonly size: number; readonly keyId: string | null } | null;
  readonly findings: readonly LogFinding[];
}

export interface VerifyLogParts {
  /** Null when there is no database. */
  readonly lineage: Lineage | null;
  readonly logFolder: string;
  readonly keys: readonly PublicKey[];
  /** The text of a published checkpoint. */
  readonly published: string | null;
}

type Report = (finding: Partial<LogFinding> & Pick<LogFinding, 'problem' | 'detail'>) => void;

/** Changes nothing. */
export function verifyLog({ lineage, logFolder, keys, published }: VerifyLogParts): LogJson {
  const file = new LogFile(logFolder);
  const { lines, torn } = file.read();
  const leaves = lines.map((line) => hashEntry(line));
  const entries = lines.map(readEntry);
  const findings: LogFinding[] = [];
  const report: Report = (finding) =>
    findings.push({
      entry: null,
      executionId: null,
      instance: null,
      field: null,
      signed: null,
      found: null,
      ...finding,
    });

  const trust = new LogTrust(keys, entries);
  checkEntries(entries, trust, report);
  checkRows(entries, lineage, report);
  checkStored(file.readCheckpoint(), leaves, trust, report);
  const publishedFacts = published === null ? null : checkPublished(published, leaves, trust, report);
  return {
    isSound: findings.length === 0,
    entries: lines.length,
    root: lines.length === 0 ? null : Buffer.from(rootOf(leaves, lines.length)).toString('base64'),
    recordedLater: entries.filter((entry) => entry.kind === 'execution' && entry.about.recordedLater).length,
    isTorn: torn !== '',
    published: publishedFacts,
    findings,
  };
}

/** Each entry is signed by a key that was good at its place, and lies at the place that it says. */
function checkEntries(entries: readonly LogEntry[], trust: LogTrust, report: Report): void {
  entries.forEach((entry, index) => {
    const about = entry.kind === 'execution' ? entry.about : undefined;
    const place = { entry: index, executionId: about?.executionId ?? null, instance: about?.instance ?? null };
    if (entry.kind === 'unreadable') {
      report({ ...place, problem: 'unreadable', detail: entry.problem });
      return;
    }
    const problem = trust.judge(entry, index);
    if (problem !== undefined) report({ ...place, problem: 'unsigned', detail: problem });
    const stated = entry.kind === 'rebuilt' ? entry.logIndex : about?.logIndex;
    if (stated !== undefined && stated !== index) {
      const values = { field: 'logIndex', signed: String(stated), found: String(index) };
      report({ ...place, ...values, problem: 'out-of-order', detail: `it was signed as entry ${stated}` });
    }
  });
}

function checkRows(entries: readonly LogEntry[], lineage: Lineage | null, report: Report): void {
  const rows = new Map((lineage?.listEndedExecutions() ?? []).map((row) => [row.id, row]));
  const identityOfRow = (row: typeof rows extends Map<number, infer R> ? R : never) =>
    identityOf({ ...row, startedOn: moment(row.startedAtMs) });
  const idOf = new Map([...rows.values()].map((row) => [identityOfRow(row), row.id]));
  const lastRebuilt = entries.findLastIndex(({ kind }) => kind === 'rebuilt');
  const logged = new Set<string>();
  const comparedIds = new Set<number>();
  entries.forEach((entry, index) => {
    if (entry.kind !== 'execution') return;
    const { executionId, instance, identity } = entry.about;
    logged.add(identity);
    // After a rebuild the numbers are others, and what left no result is gone.
    const isBefore = index < lastRebuilt;
    const id = isBefore ? idOf.get(identity) : executionId;
    const facts = id === undefined || lineage === null ? undefined : readFacts(lineage, id);
    if (!isBefore) comparedIds.add(executionId);
    const place = { entry: index, executionId, instance };
    if (facts === undefined) {
      if (!isBefore) report({ ...place, problem: 'dropped', detail: 'the database no longer has it' });
      return;
    }
    for (const { field, signed, found } of compareStatement(entry, facts, { isRebuilt: isBefore })) {
      report({
        ...place,
        field,
        signed,
        found,
        problem: 'altered',
        detail: `${field} is ${found}, signed was ${signed}`,
      });
    }
  });
  for (const row of rows.values()) {
    if (logged.has(identityOfRow(row)) || lineage === null) continue;
    // Another entry has its number: it was compared with that one, and every difference reported.
    if (comparedIds.has(row.id)) continue;
    const instance = lineage.findExecution(row.id)?.instance ?? null;
    const detail =
      entries.length === 0
        ? 'there is no log that could tell whether it was altered'
        : 'it was put into the database, or its run ended before it was logged';
    report({ problem: 'not-logged', executionId: row.id, instance, detail });
  }
  for (const { key, instance } of lineage?.checkActions().altered ?? []) {
    report({
      problem: 'altered',
      instance,
      field: 'action',
      signed: key,
      detail: 'its action does not hash to its key',
    });
  }
}

function checkStored(text: string | undefined, leaves: readonly Uint8Array[], trust: LogTrust, report: Report): void {
  if (text === undefined) {
    if (leaves.length > 0) report({ problem: 'checkpoint-missing', detail: 'the log has no checkpoint' });
    return;
  }
  checkCheckpoint('the stored checkpoint', parseCheckpoint(text), leaves, trust, report);
}

function checkPublished(
  text: string,
  leaves: readonly Uint8Array[],
  trust: LogTrust,
  report: Report,
): LogJson['published'] {
  const checkpoint = parseCheckpoint(text);
  const keyId = checkCheckpoint('the published checkpoint', checkpoint, leaves, trust, report);
  return { size: checkpoint?.size ?? 0, keyId };
}

/** The tree of as many entries as the checkpoint speaks of is computed from the entries: that is the proof that the log only grew. */
function checkCheckpoint(
  name: string,
  checkpoint: SignedCheckpoint | undefined,
  leaves: readonly Uint8Array[],
  trust: LogTrust,
  report: Report,
): string | null {
  if (checkpoint === undefined) {
    report({ problem: 'checkpoint-unsigned', detail: `${name} is none: it should be a signed note` });
    return null;
  }
  const { origin, size, root } = checkpoint;
  const signer = trust.judgeCheckpoint(checkpoint);
  if ('problem' in signer) {
    report({ problem: 'checkpoint-unsigned', detail: `${name} ${signer.problem}` });
    return null;
  }
  const { keyId } = signer;
  if (size > leaves.length) {
    report({
      problem: 'cut-short',
      ...{ field: 'size', signed: String(size), found: String(leaves.length) },
      detail: `${name} is of ${size} entries, the log has ${leaves.length}`,
    });
    return keyId;
  }
  const first = leaves[0];
  const signed = Buffer.from(root).toString('base64');
  const found = Buffer.from(rootOf(leaves, size)).toString('base64');
  if (first !== undefined && originOf(first) !== origin) {
    const values = { field: 'origin', signed: origin, found: originOf(first) };
    report({ problem: 'checkpoint-differs', ...values, detail: `${name} is of another log: ${origin}` });
  } else if (signed !== found) {
    const detail = `${name} has another root for the first ${size} entries: one of them was altered, dropped or moved`;
    report({ problem: 'checkpoint-differs', field: 'root', signed, found, detail });
  }
  return keyId;
}

function rootOf(leaves: readonly Uint8Array[], size: number): Uint8Array {
  const tree = new GrowingTree();
  for (const leaf of leaves.slice(0, size)) tree.add(leaf);
  return tree.root();
}
