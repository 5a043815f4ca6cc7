/** The end of a log. */
import { singleLine } from '../../report/table.ts';

/** A line of a progress bar may be very long. */
const LONGEST_LINE = 400;

/** The last `most` lines that hold something, without terminal codes. */
export function tailLines(text: string, most: number): string[] {
  return text
    .split('\n')
    .map((line) => singleLine(line).slice(0, LONGEST_LINE))
    .filter((line) => line !== '')
    .slice(-most);
}
