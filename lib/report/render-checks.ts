/** What `assay doctor` found, a line a check, the fix under what is not well. */
import { paintVerdict, type Colors } from './colors.ts';
import { alignColumns } from './table.ts';

/** One element of `checks` in `assay doctor --json`. */
export interface Check {
  /** `node`, `store`, …: stays the same. */
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly finding: string;
  /** What to do; null when there is nothing. */
  readonly fix: string | null;
}

export function renderChecks(checks: readonly Check[], colors: Colors): string[] {
  const lines = alignColumns(checks.map(({ name, status, finding }) => [paintVerdict(status, colors), name, finding]));
  return checks.flatMap(({ fix }, index) => [lines[index] ?? '', ...(fix === null ? [] : [`      fix: ${fix}`])]);
}
