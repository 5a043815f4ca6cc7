/**
 * Draws a directed graph down the page as `git log --graph` does: a row a node, a lane for each node that later rows still read.
 *
 *     ●      fetch
 *     │
 *     ├─●    pretrain
 *     │ │
 *     ├─┼─●  poison     reads fetch and pretrain, which later rows read too
 *     │ │ │
 *     ├─│─●  merge      reads fetch and poison; crosses pretrain's lane without reading it
 *     │ │ │
 *     ╰─┴─●  evaluate   reads all three lanes for the last time
 */

export interface LaneNode {
  readonly id: string;
  /** Ids of earlier nodes. */
  readonly reads: readonly string[];
}

/** One picture row a node, and the row that joins it to the next; `node` is null on joining rows. */
export interface LaneRow {
  readonly picture: string;
  readonly node: string | null;
}

/** `nodes`: each after all that it reads. */
export function drawLanes(nodes: readonly LaneNode[]): LaneRow[] {
  const lastReader = new Map<string, number>();
  nodes.forEach((node, index) => node.reads.forEach((id) => lastReader.set(id, index)));

  const rows: LaneRow[] = [];
  let lanes: (string | null)[] = [];
  nodes.forEach((node, index) => {
    const reads = new Set(node.reads);
    const ends = (id: string): boolean => (lastReader.get(id) ?? -1) <= index;
    const own = chooseLane(lanes, reads, ends);
    rows.push({ picture: drawRow(lanes, own, reads, ends), node: node.id });

    lanes = lanes.map((id) => (id !== null && ends(id) ? null : id));
    while (lanes.length <= own) lanes.push(null);
    lanes[own] = lastReader.has(node.id) ? node.id : null;
    while (lanes.length > 0 && lanes.at(-1) === null) lanes.pop();
    if (index < nodes.length - 1) {
      rows.push({
        picture: lanes
          .map((id) => (id === null ? ' ' : '│'))
          .join(' ')
          .trimEnd(),
        node: null,
      });
    }
  });
  return rows;
}

/**
 * Straight below its only reading when that lane ends here; else the first free lane to the right of all that it reads, so that
 * every line runs rightwards into its node; a node that reads nothing takes the first free lane.
 */
function chooseLane(
  lanes: readonly (string | null)[],
  reads: ReadonlySet<string>,
  ends: (id: string) => boolean,
): number {
  const readLanes = lanes.flatMap((id, lane) => (id !== null && reads.has(id) ? [lane] : []));
  const rightmost = readLanes.at(-1);
  const rightmostId = rightmost === undefined ? null : (lanes[rightmost] ?? null);
  if (rightmost !== undefined && rightmostId !== null && ends(rightmostId)) return rightmost;
  for (let lane = (rightmost ?? -1) + 1; ; lane++) if ((lanes[lane] ?? null) === null) return lane;
}

function drawRow(
  lanes: readonly (string | null)[],
  own: number,
  reads: ReadonlySet<string>,
  ends: (id: string) => boolean,
): string {
  const first = lanes.findIndex((id) => id !== null && reads.has(id));
  const from = first < 0 ? own : Math.min(first, own);
  let picture = '';
  for (let lane = 0; lane < Math.max(lanes.length, own + 1); lane++) {
    const id = lanes[lane] ?? null;
    const isOnLine = lane >= from && lane <= own;
    if (lane === own) picture += '●';
    else if (id !== null && reads.has(id)) picture += joint(lane === from, ends(id));
    else if (id !== null) picture += '│';
    else picture += isOnLine ? '─' : ' ';
    picture += isOnLine && lane < own ? '─' : ' ';
  }
  return picture.trimEnd();
}

function joint(isFirst: boolean, isLast: boolean): string {
  if (isFirst) return isLast ? '╰' : '├';
  return isLast ? '┴' : '┼';
}
