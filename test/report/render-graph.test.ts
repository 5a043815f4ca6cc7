import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { drawLanes } from '../../lib/report/lanes.ts';
import { renderGraph, type GraphFormat } from '../../lib/report/render-graph.ts';
import { instance } from './fixtures.ts';
import { pipelineOf } from '../support/pipelines.ts';

const EXPERIMENT = pipelineOf([
  instance('fetch'),
  instance('pretrain', ['fetch.data'], { model: 'model' }),
  instance('poison[count=600]', ['fetch.data', 'pretrain.model']),
  instance('merge[count=600]', ['fetch.data', 'poison[count=600].data']),
  instance('poison[count=900]', ['fetch.data', 'pretrain.model']),
  instance('merge[count=900]', ['fetch.data', 'poison[count=900].data']),
  instance('evaluate', ['merge[count=600].data', 'merge[count=900].data', 'pretrain.model'], {
    metrics: 'metrics',
    table: 'file',
  }),
]);

const render = (format: GraphFormat): string => `\n${renderGraph(EXPERIMENT, format).join('\n')}\n`;

describe('renderGraph', () => {
  it('draws lanes in a terminal, a matrix stage once', () => {
    expect(render('text')).toMatchInlineSnapshot(`
      "
      ●      fetch      data
      │
      ├─●    pretrain   model
      │ │
      ├─┼─●  poison ×2  data
      │ │ │
      ╰─│─●  merge ×2   data
        │ │
        ╰─●  evaluate   metrics, table
      "
    `);
  });

  it('writes mermaid', () => {
    expect(render('mermaid')).toMatchInlineSnapshot(`
      "
      flowchart TD
        fetch["fetch"]
        pretrain["pretrain"]
        poison["poison ×2"]
        merge["merge ×2"]
        evaluate["evaluate"]
        fetch -->|"data"| pretrain
        fetch -->|"data"| poison
        pretrain -->|"model"| poison
        fetch -->|"data"| merge
        poison -->|"data"| merge
        merge -->|"data"| evaluate
        pretrain -->|"model"| evaluate
      "
    `);
  });

  it('writes dot', () => {
    expect(render('dot')).toMatchInlineSnapshot(`
      "
      digraph pipeline {
        node [shape=box];
        "fetch" [label="fetch"];
        "pretrain" [label="pretrain"];
        "poison" [label="poison ×2"];
        "merge" [label="merge ×2"];
        "evaluate" [label="evaluate"];
        "fetch" -> "pretrain" [label="data"];
        "fetch" -> "poison" [label="data"];
        "pretrain" -> "poison" [label="model"];
        "fetch" -> "merge" [label="data"];
        "poison" -> "merge" [label="data"];
        "merge" -> "evaluate" [label="data"];
        "pretrain" -> "evaluate" [label="model"];
      }
      "
    `);
  });

  it('writes every instance and every edge as JSON', () => {
    const { stages, edges } = JSON.parse(render('json')) as { stages: unknown[]; edges: unknown[] };
    expect(stages).toHaveLength(7);
    expect(edges).toHaveLength(12);
    expect(stages[2]).toEqual({
      stage: 'poison',
      instance: 'poison[count=600]',
      coordinates: {},
      outputs: { data: 'file' },
    });
    expect(edges[0]).toEqual({ from: 'fetch', output: 'data', to: 'pretrain', input: 'fetch-data' });
  });
});

describe('drawLanes', () => {
  it('sets stages that read nothing of each other apart', () => {
    const rows = drawLanes([
      { id: 'a', reads: [] },
      { id: 'b', reads: [] },
      { id: 'c', reads: ['a'] },
      { id: 'd', reads: ['b'] },
      { id: 'e', reads: ['a', 'd'] },
      { id: 'f', reads: ['c', 'e'] },
      { id: 'alone', reads: [] },
    ]);
    expect(`\n${rows.map(({ picture, node }) => (node === null ? picture : `${picture}  ${node}`)).join('\n')}\n`)
      .toMatchInlineSnapshot(`
      "
      ●  a
      │
      │ ●  b
      │ │
      ├─│─●  c
      │ │ │
      │ ● │  d
      │ │ │
      ╰─● │  e
        │ │
        ╰─●  f

      ●  alone
      "
    `);
  });

  it('gives every node one row with one mark, in the order given, for any graph', () => {
    const graphs = fc
      .integer({ min: 1, max: 12 })
      .chain((count) =>
        fc.tuple(
          ...Array.from({ length: count }, (_, i) => fc.subarray(Array.from({ length: i }, (__, j) => String(j)))),
        ),
      );
    fc.assert(
      fc.property(graphs, (reads) => {
        const rows = drawLanes(reads.map((each, i) => ({ id: String(i), reads: each })));
        const marked = rows.filter(({ picture }) => picture.includes('●'));
        expect(marked.map(({ node }) => node)).toEqual(reads.map((_, i) => String(i)));
        expect(marked.every(({ picture }) => picture.split('●').length === 2)).toBe(true);
      }),
    );
  });

  it('draws as many joints into a row as the node reads, for any graph', () => {
    const graphs = fc
      .integer({ min: 1, max: 12 })
      .chain((count) =>
        fc.tuple(
          ...Array.from({ length: count }, (_, i) => fc.subarray(Array.from({ length: i }, (__, j) => String(j)))),
        ),
      );
    fc.assert(
      fc.property(graphs, (reads) => {
        const rows = drawLanes(reads.map((each, i) => ({ id: String(i), reads: each })));
        for (const [index, { picture, node }] of rows.entries()) {
          if (node === null) continue;
          const joints = [...picture].filter((character) => '├┼┴╰'.includes(character)).length;
          const own = picture.indexOf('●');
          const isStraight = '│'.includes(rows[index - 1]?.picture[own] ?? ' ');
          expect(joints + Number(isStraight)).toBe(reads[Number(node)]?.length);
        }
      }),
    );
  });
});
