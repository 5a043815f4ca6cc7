import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { impliedEdges, layOutGraph, type LayoutEdge } from '../../../lib/report/page/graph-layout.ts';

const SIZE = { width: 100, height: 40 };

/** Graphs whose edges lead from earlier to later nodes. */
const graphs = fc.integer({ min: 1, max: 14 }).chain((count) => {
  const ids = Array.from({ length: count }, (_, i) => `s${i}`);
  const edge = fc
    .tuple(fc.nat(count - 1), fc.nat(count - 1))
    .map(([a, b]) => ({ from: `s${Math.min(a, b)}`, to: `s${Math.max(a, b)}` }));
  return fc
    .array(edge, { maxLength: 30 })
    .map((edges) => ({ ids, edges: edges.filter(({ from, to }) => from !== to) }));
});

describe('layOutGraph', () => {
  it('draws every edge downwards and no node over another, inside its own bounds', () => {
    fc.assert(
      fc.property(graphs, ({ ids, edges }) => {
        const { nodes, paths, width, height } = layOutGraph(ids, edges, SIZE);
        expect([...nodes.keys()].sort()).toEqual([...ids].sort());
        for (const { edge, bends } of paths) {
          const ys = [nodes.get(edge.from)!, ...bends, nodes.get(edge.to)!].map(({ y }) => y);
          expect(ys).toEqual([...ys].sort((a, b) => a - b));
          expect(new Set(ys).size).toBe(ys.length);
        }
        const placed = [...nodes.values()];
        placed.forEach((a, i) => {
          for (const b of placed.slice(i + 1))
            if (a.y === b.y) expect(Math.abs(a.x - b.x)).toBeGreaterThanOrEqual(SIZE.width);
          expect(a.x - SIZE.width / 2).toBeGreaterThanOrEqual(-1);
          expect(a.x + SIZE.width / 2).toBeLessThanOrEqual(width + 1);
          expect(a.y + SIZE.height / 2).toBeLessThanOrEqual(height);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('puts a chain in one straight line', () => {
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ];
    const { nodes } = layOutGraph(['a', 'b', 'c'], edges, SIZE);
    expect([...nodes.values()].map(({ x, y }) => [x, y])).toEqual([
      [50, 20],
      [50, 100],
      [50, 180],
    ]);
  });
});

describe('impliedEdges', () => {
  it('finds the edges beside which a longer way leads to the same node', () => {
    const edges = ['a b', 'b c', 'a c', 'a d'].map((text): LayoutEdge => {
      const [from = '', to = ''] = text.split(' ');
      return { from, to };
    });
    expect([...impliedEdges(edges)]).toEqual(['a\nc']);
  });
});
