/** Indexes as people read them: `0-4, 17, 60000-62499`. */

/** Ascending indexes as runs of neighbours: `[first, last]` each. */
export function indexRanges(indexes: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === index) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges;
}

/** The first `most` ranges as text, with `…` where there are more. */
export function rangesText(indexes: readonly number[], most = 5): string {
  const ranges = indexRanges(indexes);
  const shown = ranges.slice(0, most).map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
  return [...shown, ...(ranges.length > most ? ['…'] : [])].join(', ');
}
