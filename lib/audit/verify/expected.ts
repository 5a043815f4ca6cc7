/** What the store should hold, according to the database, and whether the database itself can be read. */
import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { shortDigest, type Digest } from '../../base/digest.ts';
import { systemErrorCode, UserError } from '../../base/errors.ts';
import type { Kept } from '../../lineage/kept.ts';
import { Lineage } from '../../lineage/lineage.ts';
import type { RowSnapshot } from '../../lineage/row-snapshot.ts';
import type { StorePaths } from '../../store/layout.ts';
import { stampOf } from '../../store/stamps.ts';
import type { Finding } from './finding.ts';

export interface Expected {
  readonly kept: readonly Kept[];
  readonly actions: number;
  /** What is wrong with the database alone. */
  readonly findings: readonly Finding[];
  /** Null where the database cannot be read. */
  readonly rows: RowSnapshot | null;
  /** What the stat cache holds; read when asked. */
  readonly remembered: () => ReturnType<Lineage['listRemembered']>;
  /** Whether the stat cache takes the file for what its name says, so that a run would not look into it. */
  readonly isTrusted: (file: string, digest: Digest) => boolean;
  /** Whether the execution's result is what its instance used last. */
  readonly isCurrent: (kept: Pick<Kept, 'instance' | 'executionId'>) => boolean;
  /** Asked late, for what was committed since the rows were read. */
  readonly isRecorded: (recordDigest: Digest, key: Digest | null) => boolean;
}

/** `use` gets undefined when there is no database. It is read before the store: rows come after blobs. */
export function withExpected<T>(paths: StorePaths, clock: Clock, use: (expected: Expected | undefined) => T): T {
  const path = join(paths.root, 'lineage.db');
  if (!existsSync(path)) return use(undefined);
  let lineage: Lineage | undefined;
  let copy: string | undefined;
  try {
    if (!canWrite(paths.root)) copy = copyDatabase(path);
    return use(expect((lineage = Lineage.open(copy ?? path, { clock, readOnly: true }))));
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'database-unreadable') throw error;
    return use({
      kept: [],
      actions: 0,
      findings: [damagedDatabase(error)],
      rows: null,
      remembered: () => [],
      isTrusted: () => false,
      isCurrent: () => false,
      isRecorded: () => true,
    });
  } finally {
    lineage?.close();
    if (copy !== undefined) rmSync(dirname(copy), { recursive: true, force: true });
  }
}

/** SQLite makes files beside a database even to read it: where it may not, a copy is read. Its log holds what came last. */
function copyDatabase(path: string): string {
  const copy = join(mkdtempSync(join(tmpdir(), 'assay-verify-')), basename(path));
  for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  return copy;
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

export function lostDatabase({ root }: StorePaths): Finding {
  return {
    ...{ problem: 'missing', subjects: ['lineage.db'], digest: null, found: null, file: null },
    detail: `nothing names what ${root} holds`,
    next: 'assay doctor --rebuild',
    ...{ mend: 'rebuild', executions: [] },
  };
}

function expect(lineage: Lineage): Expected {
  lineage.checkIntegrity();
  const { count, altered } = lineage.checkActions();
  const rows = lineage.readRows();
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
      next: 'assay verify --repair puts it back from the result record',
      mend: 'rows',
      executions: rows.executions.filter((execution) => execution.key === key).map(({ id }) => id),
    })),
    rows,
    remembered: () => lineage.listRemembered(),
    isTrusted: (file, digest) => {
      const stamp = stampOf(file);
      return stamp !== undefined && lineage.statCache.recall(file, stamp) === digest;
    },
    isCurrent: ({ instance, executionId }) => lineage.findLatestAction(instance)?.executionId === executionId,
    isRecorded: (recordDigest, key) => lineage.isRecorded(recordDigest, key),
  };
}

function damagedDatabase(error: UserError): Finding {
  return {
    ...{ problem: 'damaged', subjects: ['lineage.db'], digest: null, found: null, file: 'artifacts/lineage.db' },
    // SQLite's finding may take several lines.
    detail: error.message.replaceAll(/\s+/g, ' '),
    next: 'assay doctor --rebuild',
    ...{ mend: 'rebuild', executions: [] },
  };
}
