/** From scores to the records that go. */
import type { DetectorName, Scores } from './names.ts';
import { descendingGroups } from './rates.ts';

/**
 * The most suspicious `fraction` of the records (0 to 1, rounded down), ascending. A record is as suspicious as the detector says that
 * ranks it highest: detectors see different poison, and none sees all. Equally suspicious ones go by index.
 */
export function suspectsBy(
  scores: Readonly<Record<DetectorName, Scores>>,
  detectors: readonly DetectorName[],
  fraction: number,
): number[] {
  const count = scores[detectors[0] as DetectorName].length;
  const best = new Float64Array(count).fill(Infinity);
  for (const detector of detectors) {
    // The rank of a record is the mean of the places that its equals share.
    let place = 0;
    for (const group of descendingGroups(scores[detector])) {
      const rank = place + (group.length - 1) / 2;
      for (const record of group) best[record] = Math.min(best[record] as number, rank);
      place += group.length;
    }
  }
  const order = Array.from(best.keys()).sort((a, b) => (best[a] as number) - (best[b] as number) || a - b);
  return order.slice(0, Math.floor(fraction * count)).sort((a, b) => a - b);
}
