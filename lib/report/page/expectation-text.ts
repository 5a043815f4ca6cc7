/** A checked `expect:` in words. */
import type { ExpectationRecord } from '../../model/run.ts';
import { noColors } from '../colors.ts';
import { expectationLine } from '../render-run.ts';

/** `data: added 200, removed 0, changed 0: as declared`. */
export function expectationText(record: ExpectationRecord): string {
  return expectationLine('', record, noColors).replace(/^expect \./, '');
}
