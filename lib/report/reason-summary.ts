/** Many reasons on a line that has room for one. */
import type { Reason } from '../model/plan.ts';
import { renderReason } from '../plan/render-reason.ts';

/** The first reason, and how many more there are; empty without reasons. */
export function reasonSummary(reasons: readonly Reason[]): string {
  const [first, ...rest] = reasons;
  if (first === undefined) return '';
  return rest.length === 0 ? renderReason(first) : `${renderReason(first)} (+${rest.length} more)`;
}
