/**
 * Places the nodes of a directed graph in ranks down the page (Sugiyama, Tagawa and Toda 1981, in short): a node one rank below the
 * lowest of what it reads, edges over several ranks through bends of their own, the order within a rank by the means of neighbours.
 */
import { groupBy } from '../../base/group-by.ts';

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The middle of each node. */
  readonly nodes: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  /** From the lower side of `from` to the upper side of `to`, through the bends between. */
  readonly paths: readonly { readonly edge: LayoutEdge; readonly bends: readonly { x: number; y: number }[] }[];
}

export interface NodeSize {
  readonly width: number;
  readonly height: number;
}

interface Slot {
  readonly id: string;
  readonly rank: number;
  readonly width: number;
  x: number;
}

const GAP_X = 16;
const GAP_Y = 40;
const BEND_WIDTH = 10;
/** Sweeps over the ranks; the order settles in fewer for graphs that people write. */
const SWEEPS = 12;

/** `ids`: each after all that it reads; edges between others are left out. */
export function layOutGraph(ids: readonly string[], edges: readonly LayoutEdge[], size: NodeSize): Layout {
  const known = new Set(ids);
  const kept = edges.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to);
  const rank = ranksOf(ids, kept);
  const slots = new Map(ids.map((id) => [id, { id, rank: rank.get(id) ?? 0, width: size.width, x: 0 } as Slot]));
  const chains = kept.map((edge) => ({ edge, chain: chainOf(edge, rank, slots) }));
  const rows = rowsOf(slots);
  const { above, below } = neighboursOf(chains.map(({ chain }) => chain));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : [...rows].reverse()) order(row, isDown ? above : below, slots);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 1;
    for (const row of isDown ? rows : [...rows].reverse()) straighten(row, [above, below], slots);
  }
  return measure(rows, chains, slots, size);
}

/** Edges, as `from\nto`, beside which a longer way leads to the same node: drawn lighter, they leave the backbone to be seen. */
export function impliedEdges(edges: readonly LayoutEdge[]): Set<string> {
  const next = groupBy(edges, ({ from }) => from);
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (next.get(from) ?? []).some((edge) => {
      if (edge.to === to) return true;
      return !seen.has(edge.to) && reaches(edge.to, to, seen.add(edge.to));
    });
  const implied = edges.filter(({ from, to }) =>
    (next.get(from) ?? []).some((edge) => edge.to !== to && reaches(edge.to, to, new Set())),
  );
  return new Set(implied.map(({ from, to }) => `${from}\n${to}`));
}

/** The longest way from a node that reads nothing. */
function ranksOf(ids: readonly string[], edges: readonly LayoutEdge[]): Map<string, number> {
  const rank = new Map(ids.map((id) => [id, 0]));
  for (const id of ids) {
    for (const { from, to } of edges)
      if (from === id) rank.set(to, Math.max(rank.get(to) ?? 0, (rank.get(id) ?? 0) + 1));
  }
  return rank;
}

/** The slots that an edge passes. Edges from one node share their bends, so that many readers are one line that branches. */
function chainOf({ from, to }: LayoutEdge, rank: ReadonlyMap<string, number>, slots: Map<string, Slot>): string[] {
  const chain = [from];
  for (let at = (rank.get(from) ?? 0) + 1; at < (rank.get(to) ?? 0); at++) {
    const id = `${from}\n${at}`;
    if (!slots.has(id)) slots.set(id, { id, rank: at, width: BEND_WIDTH, x: 0 });
    chain.push(id);
  }
  return [...chain, to];
}

function rowsOf(slots: ReadonlyMap<string, Slot>): Slot[][] {
  const rows: Slot[][] = [];
  for (const slot of slots.values()) (rows[slot.rank] ??= []).push(slot);
  for (const row of rows) spread(row);
  return rows;
}

type Neighbours = ReadonlyMap<string, ReadonlySet<string>>;

function neighboursOf(chains: readonly (readonly string[])[]): { above: Neighbours; below: Neighbours } {
  const above = new Map<string, Set<string>>();
  const below = new Map<string, Set<string>>();
  const add = (map: Map<string, Set<string>>, key: string, value: string): void => {
    map.set(key, (map.get(key) ?? new Set()).add(value));
  };
  for (const chain of chains) {
    for (let i = 1; i < chain.length; i++) {
      add(above, chain[i] as string, chain[i - 1] as string);
      add(below, chain[i - 1] as string, chain[i] as string);
    }
  }
  return { above, below };
}

/** Those without neighbours there stay where they are. */
function order(row: Slot[], neighbours: Neighbours, slots: ReadonlyMap<string, Slot>): void {
  const wished = new Map(row.map((slot) => [slot, meanX(slot, [neighbours], slots) ?? slot.x]));
  row.sort((a, b) => (wished.get(a) ?? 0) - (wished.get(b) ?? 0));
  spread(row);
}

/** Side by side around 0. */
function spread(row: readonly Slot[]): void {
  const width = row.reduce((sum, slot) => sum + slot.width + GAP_X, -GAP_X);
  let left = -width / 2;
  for (const slot of row) {
    slot.x = left + slot.width / 2;
    left += slot.width + GAP_X;
  }
}

/** Every slot as near to its neighbours' mean as the order and the gaps allow: the mean of packing from either side. */
function straighten(row: readonly Slot[], sides: readonly Neighbours[], slots: ReadonlyMap<string, Slot>): void {
  const wished = row.map((slot) => meanX(slot, sides, slots) ?? slot.x);
  const fromLeft = [...wished];
  for (let i = 1; i < row.length; i++) {
    fromLeft[i] = Math.max(wished[i] as number, (fromLeft[i - 1] as number) + distance(row, i - 1));
  }
  const fromRight = [...wished];
  for (let i = row.length - 2; i >= 0; i--) {
    fromRight[i] = Math.min(wished[i] as number, (fromRight[i + 1] as number) - distance(row, i));
  }
  row.forEach((slot, i) => (slot.x = ((fromLeft[i] as number) + (fromRight[i] as number)) / 2));
}

function distance(row: readonly Slot[], i: number): number {
  return ((row[i] as Slot).width + (row[i + 1] as Slot).width) / 2 + GAP_X;
}

function meanX(slot: Slot, sides: readonly Neighbours[], slots: ReadonlyMap<string, Slot>): number | undefined {
  const xs = sides.flatMap((side) => [...(side.get(slot.id) ?? [])].map((id) => (slots.get(id) as Slot).x));
  return xs.length === 0 ? undefined : xs.reduce((a, b) => a + b, 0) / xs.length;
}

function measure(
  rows: readonly (readonly Slot[])[],
  chains: readonly { edge: LayoutEdge; chain: readonly string[] }[],
  slots: ReadonlyMap<string, Slot>,
  size: NodeSize,
): Layout {
  const all = rows.flat();
  const left = Math.min(0, ...all.map(({ x, width }) => x - width / 2));
  const right = Math.max(0, ...all.map(({ x, width }) => x + width / 2));
  const yOf = (rank: number): number => rank * (size.height + GAP_Y) + size.height / 2;
  const place = (id: string): { x: number; y: number } => {
    const { x, rank } = slots.get(id) as Slot;
    return { x: Math.round(x - left), y: yOf(rank) };
  };
  return {
    width: Math.ceil(right - left),
    height: rows.length === 0 ? 0 : yOf(rows.length - 1) + size.height / 2,
    nodes: new Map(all.filter(({ id }) => !id.includes('\n')).map(({ id }) => [id, place(id)])),
    paths: chains.map(({ edge, chain }) => ({ edge, bends: chain.slice(1, -1).map(place) })),
  };
}
