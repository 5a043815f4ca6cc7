/** "did you mean": the nearest of the known names, when one is near enough to be a slip of the fingers. */
import { distance } from 'fastest-levenshtein';

/** The candidate nearest to `name` by edit distance, or undefined when none is within a third of its length (at least 2). */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let nearestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < nearestDistance) {
      nearest = candidate;
      nearestDistance = edits;
    }
  }
  return nearest;
}
