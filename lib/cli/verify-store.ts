/**
 * Holds the whole store against its names and against the database: every blob is read, every artifact of a result must have its
 * manifest and all that the manifest names, every action must hash to its key, and SQLite must find its file whole.
 *
 * Unlike all else that looks into the store this neither quarantines nor remembers: the next run does.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { shortDigest, type Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { Kept } from '../lineage/kept.ts';
import { Lineage } from '../lineage/lineage.ts';
import type { VerifyFinding, VerifyJson } from '../report/render-verify.ts';
import { singleLine } from '../report/table.ts';
import { storePaths, type StorePaths } from '../store/layout.ts';
import { stampOf } from '../store/stamps.ts';
import { guarded } from '../store/store-errors.ts';
import { groupBy } from '../base/group-by.ts';
import { StoreContent } from './store-content.ts';

/** What the store should hold, according to the database. */
interface Expected {
  readonly kept: readonly Kept[];
  readonly actions: number;
  readonly findings: readonly VerifyFinding[];
  /** Whether the stat cache takes the file for what its name says, so that a run would not look into it. */
  readonly isTrusted: (file: string, digest: Digest) => boolean;
  /** Whether the execution's result is what its instance used last. */
  readonly isCurrent: (kept: Kept) => boolean;
}

/** `onRead` is told the bytes read so far. Throws UserError database-newer, database-older, store-unreadable, … */
export function verifyStore(projectRoot: string, clock: Clock, onRead: (doneBytes: number) => void): VerifyJson {
  const paths = storePaths(projectRoot);
  return withExpected(paths, clock, (expected) =>
    guarded('read the store', paths.root, () => {
      const artifacts = new Set(expected?.kept.filter(isArtifact).map(({ digest }) => digest));
      const content = new StoreContent(paths, artifacts, onRead);
      content.readNew();
      const findings = judge(projectRoot, expected, content);
      const isLost = expected === undefined && content.blobs > 0;
      const all = [...(isLost ? [lostDatabase(paths)] : (expected?.findings ?? [])), ...findings];
      const { blobs, sizeBytes } = content;
      const counts = { blobs, sizeBytes, artifacts: artifacts.size, actions: expected?.actions ?? 0 };
      return { isSound: all.length === 0, ...counts, findings: all };
    }),
  );
}

// The database

/** `use` gets undefined when there is no database. It is read before the store: rows come after blobs. */
function withExpected<T>(paths: StorePaths, clock: Clock, use: (expected: Expected | undefined) => T): T {
  const path = join(paths.root, 'lineage.db');
  if (!existsSync(path)) return use(undefined);
  let lineage: Lineage | undefined;
  try {
    return use(expect((lineage = Lineage.open(path, { clock, readOnly: true }))));
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'database-unreadable') throw error;
    return use({
      kept: [],
      actions: 0,
      findings: [damagedDatabase(error)],
      isTrusted: () => false,
      isCurrent: () => false,
    });
  } finally {
    lineage?.close();
  }
}

function expect(lineage: Lineage): Expected {
  lineage.checkIntegrity();
  const { count, altered } = lineage.checkActions();
  return {
    kept: lineage.listKept(),
    actions: count,
    findings: altered.map(({ key, found, instance }) => ({
      problem: 'altered',
      subjects: [`action of ${instance ?? 'no execution'}`],
      digest: key,
      found,
      file: null,
      detail: `its key is ${shortDigest(key)}`,
      next: 'move artifacts/lineage.db* away, then assay doctor --rebuild: results come back, the history of runs does not',
    })),
    isTrusted: (file, digest) => {
      const stamp = stampOf(file);
      return stamp !== undefined && lineage.statCache.recall(file, stamp) === digest;
    },
    isCurrent: ({ instance, executionId }) => lineage.findLatestAction(instance)?.executionId === executionId,
  };
}

function damagedDatabase(error: UserError): VerifyFinding {
  return {
    ...{ problem: 'damaged', subjects: ['lineage.db'], digest: null, found: null, file: 'artifacts/lineage.db' },
    // SQLite's finding may take several lines.
    detail: singleLine(error.message),
    next: 'assay doctor --rebuild',
  };
}

function lostDatabase({ root }: StorePaths): VerifyFinding {
  return {
    ...{ problem: 'missing', subjects: ['lineage.db'], digest: null, found: null, file: null },
    detail: `nothing names what ${root} holds`,
    next: 'assay doctor --rebuild',
  };
}

// The store

/** A blob that is not as named, and all that needs it. */
interface Fault {
  readonly problem: 'altered' | 'missing' | 'invalid';
  readonly detail: string | null;
  readonly subjects: Set<string>;
  readonly kept: Kept[];
}

function judge(projectRoot: string, expected: Expected | undefined, content: StoreContent): VerifyFinding[] {
  let faults = findFaults(expected?.kept ?? [], content);
  // A blob may have moved into another pack while this read: look again at what is new before calling anything missing.
  while ([...faults.values()].some(({ problem }) => problem === 'missing') && content.readNew()) {
    faults = findFaults(expected?.kept ?? [], content);
  }
  const findings = [...faults].map(([digest, fault]): VerifyFinding => {
    const { problem, detail, subjects, kept } = fault;
    const altered = problem === 'altered' ? content.altered.get(digest) : undefined;
    return {
      ...{ problem, subjects: [...subjects], digest, found: altered?.found ?? null },
      file: altered === undefined ? null : relative(projectRoot, altered.file),
      detail,
      next: nextStep(projectRoot, expected, altered, kept),
    };
  });
  return [...findings, ...judgePacks(projectRoot, expected, content)];
}

function findFaults(kept: readonly Kept[], content: StoreContent): Map<Digest, Fault> {
  const faults = new Map<Digest, Fault>();
  const check = (digest: Digest, subject: string, users: readonly Kept[]): void => {
    if (content.sound.has(digest) && !content.altered.has(digest)) return;
    addFault(faults, digest, content.has(digest) ? 'altered' : 'missing', soundCopy(content, digest), subject, users);
  };
  for (const [digest, all] of groupBy(kept, ({ digest }) => digest)) {
    // What a stage made goes by the stage's name, also where others read it.
    const made = all.filter(({ use }) => use === 'output');
    const users = made.length > 0 ? made : all;
    for (const [name, named] of groupBy(users, nameOf)) {
      const artifact = named.some(isArtifact);
      check(digest, artifact ? `${name}: manifest` : name, named);
      const manifest = artifact ? content.manifests.get(digest) : undefined;
      if (manifest === undefined) continue;
      if ('problem' in manifest) {
        addFault(faults, digest, 'invalid', manifest.problem, `${name}: manifest`, named);
        continue;
      }
      for (const { blob, path } of manifest.entries) check(blob, path === '.' ? name : `${name}: ${path}`, named);
    }
  }
  for (const digest of content.altered.keys()) {
    if (!faults.has(digest)) {
      addFault(faults, digest, 'altered', soundCopy(content, digest), `blob ${shortDigest(digest)}`, []);
    }
  }
  return faults;
}

function addFault(
  faults: Map<Digest, Fault>,
  digest: Digest,
  problem: Fault['problem'],
  detail: string | null,
  subject: string,
  users: readonly Kept[],
): void {
  const fault = faults.get(digest) ?? { problem, detail, subjects: new Set<string>(), kept: [] };
  faults.set(digest, fault);
  fault.subjects.add(subject);
  fault.kept.push(...users);
}

/** What was read from an altered copy is no loss while another copy is sound. */
function soundCopy(content: StoreContent, digest: Digest): string | null {
  return content.sound.has(digest) ? 'another copy is sound' : null;
}

/** Only what no altered blob tells already: damage to the index, or between the blobs. */
function judgePacks(projectRoot: string, expected: Expected | undefined, content: StoreContent): VerifyFinding[] {
  const told = new Set([...content.altered.values()].map(({ file }) => file));
  return content.alteredPacks
    .filter(({ file }) => !told.has(file))
    .map(({ digest, found, file, hasIndex }) => ({
      ...{ problem: 'altered', subjects: [`pack ${shortDigest(digest)}`], digest, found },
      file: relative(projectRoot, file),
      detail: hasIndex ? 'every blob in it is sound' : 'its index cannot be read, so nothing in it is found',
      next:
        touchFirst(projectRoot, expected, { file, fileDigest: digest }) + 'assay run makes again what it needs of it',
    }));
}

function nextStep(
  projectRoot: string,
  expected: Expected | undefined,
  altered: { file: string; fileDigest: Digest } | undefined,
  kept: readonly Kept[],
): string {
  const [first] = kept;
  // Without a readable database nothing can be said about what needs it.
  if (expected === undefined || (expected.kept.length === 0 && expected.findings.length > 0)) {
    return 'assay doctor --rebuild, then assay verify';
  }
  if (first === undefined) return 'assay gc removes it: no result needs it';
  const touch = altered === undefined ? '' : touchFirst(projectRoot, expected, altered);
  const made = kept.filter(({ use, path }) => use === 'output' || (use === 'input' && path === null));
  if (made.some(expected.isCurrent)) return `${touch}assay run makes it again`;
  if (made.length > 0) return `${touch}a run with the params of then makes it again`;
  const writer = kept.find(({ use }) => use === 'input' || use === 'record');
  if (writer !== undefined) return `${touch}assay run --force ${quoted(writer.instance)} stores it again`;
  return 'nothing to do: no result needs a log';
}

/** Damage that the disk did by itself leaves every stamp as it was, and a run looks only into files that moved. */
function touchFirst(
  projectRoot: string,
  expected: Expected | undefined,
  { file, fileDigest }: { file: string; fileDigest: Digest },
): string {
  if (expected?.isTrusted(file, fileDigest) !== true) return '';
  return `touch ${relative(projectRoot, file)}, for a run would not look into it; then `;
}

function isArtifact({ use }: Kept): boolean {
  return use === 'output' || use === 'input';
}

function nameOf({ use, instance, name, path, executionId }: Kept): string {
  switch (use) {
    case 'output':
      return `${instance}.${name}`;
    case 'input':
      return path ?? `input ${name} of ${instance}`;
    case 'record':
      return `result record of ${instance}`;
    case 'log':
      return `log of ${instance}, execution ${executionId}`;
  }
}

function quoted(instance: string): string {
  return /^[\w.-]+$/.test(instance) ? instance : `'${instance}'`;
}
