/** What to type about a blob that is not as named. */
import { relative } from 'node:path';
import type { Digest } from '../../base/digest.ts';
import type { Kept } from '../../lineage/kept.ts';
import type { Expected } from './expected.ts';
import type { Mend } from './finding.ts';

/** The altered file and the digest that names it: a blob of its own, or the pack. */
export interface AlteredFile {
  readonly file: string;
  readonly fileDigest: Digest;
}

export interface Step {
  readonly next: string;
  readonly mend: Mend;
}

export function nextStep(
  projectRoot: string,
  expected: Expected | undefined,
  altered: AlteredFile | undefined,
  kept: readonly Kept[],
): Step {
  const [first] = kept;
  // Without a readable database nothing can be said about what needs it.
  if (expected === undefined || expected.rows === null) {
    return { next: 'assay doctor --rebuild, then assay verify', mend: 'rebuild' };
  }
  if (first === undefined) return { next: 'assay gc removes it: no result needs it', mend: 'quarantine' };
  const touch = altered === undefined ? '' : touchFirst(projectRoot, expected, altered);
  const made = kept.filter(({ use, path }) => use === 'output' || (use === 'input' && path === null));
  if (made.some(expected.isCurrent)) return { next: `${touch}assay run makes it again`, mend: 'rerun' };
  if (made.length > 0) return { next: `${touch}a run with the params of then makes it again`, mend: 'rerun' };
  const writer = kept.find(({ use }) => use === 'input' || use === 'record');
  if (writer !== undefined) {
    return { next: `${touch}assay run --force ${quoted(writer.instance)} stores it again`, mend: 'rerun-forced' };
  }
  return { next: 'nothing to do: no result needs a log', mend: 'none' };
}

/** Damage that the disk did by itself leaves every stamp as it was, and a run looks only into files that moved. */
export function touchFirst(
  projectRoot: string,
  expected: Expected | undefined,
  { file, fileDigest }: AlteredFile,
): string {
  if (expected?.isTrusted(file, fileDigest) !== true) return '';
  return `touch ${relative(projectRoot, file)}, for a run would not look into it; then `;
}

export function quoted(instance: string): string {
  return /^[\w.-]+$/.test(instance) ? instance : `'${instance}'`;
}
