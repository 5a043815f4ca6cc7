/** The pipeline as a graph of stages, in four notations. Matrix stages are drawn once, with their number of instances. */
import { unreachable } from '../base/errors.ts';
import type { Pipeline, StageInstance } from '../model/stage.ts';
import { drawLanes } from './lanes.ts';
import { visibleWidth } from './table.ts';

export type GraphFormat = 'text' | 'mermaid' | 'dot' | 'json';

/** `assay graph --format json`: every instance, nothing collapsed. */
export interface GraphJson {
  readonly stages: readonly {
    readonly stage: string;
    readonly instance: string;
    readonly coordinates: Readonly<Record<string, string | number | boolean>>;
    readonly outputs: Readonly<Record<string, string>>;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly output: string;
    readonly to: string;
    readonly input: string;
  }[];
}

interface GraphNode {
  readonly stage: string;
  instanceCount: number;
  readonly outputs: readonly string[];
  /** Producing stage to the outputs read from it. */
  readonly reads: Map<string, Set<string>>;
}

export function renderGraph(pipeline: Pipeline, format: GraphFormat): string[] {
  const nodes = collapseInstances(pipeline.instances);
  switch (format) {
    case 'text':
      return renderText(nodes);
    case 'mermaid':
      return renderMermaid(nodes);
    case 'dot':
      return renderDot(nodes);
    case 'json':
      return [JSON.stringify(graphJson(pipeline), null, 2)];
    default:
      return unreachable(format);
  }
}

function graphJson(pipeline: Pipeline): GraphJson {
  return {
    stages: pipeline.instances.map(({ stage, id, coordinates, outputs }) => ({
      stage,
      instance: id,
      coordinates,
      outputs,
    })),
    edges: pipeline.instances.flatMap((instance) =>
      readsOf(instance).map(({ input, from, output }) => ({ from, output, to: instance.id, input })),
    ),
  };
}

function renderText(nodes: readonly GraphNode[]): string[] {
  const byStage = new Map(nodes.map((node) => [node.stage, node]));
  const rows = drawLanes(nodes.map((node) => ({ id: node.stage, reads: [...node.reads.keys()] })));
  const pictureWidth = Math.max(
    0,
    ...rows.filter(({ node }) => node !== null).map(({ picture }) => visibleWidth(picture)),
  );
  const nameWidth = Math.max(0, ...nodes.map((node) => nodeLabel(node).length));
  return rows.map(({ picture, node }) => {
    const found = node === null ? undefined : byStage.get(node);
    if (found === undefined) return picture;
    return `${picture.padEnd(pictureWidth)}  ${nodeLabel(found).padEnd(nameWidth)}  ${found.outputs.join(', ')}`.trimEnd();
  });
}

function renderMermaid(nodes: readonly GraphNode[]): string[] {
  return [
    'flowchart TD',
    ...nodes.map((node) => `  ${mermaidId(node.stage)}["${nodeLabel(node)}"]`),
    ...edgesOf(nodes).map(({ from, to, label }) => `  ${mermaidId(from)} -->|"${label}"| ${mermaidId(to)}`),
  ];
}

/** `end` is a word of the notation itself. */
function mermaidId(stage: string): string {
  return stage === 'end' ? 'end_' : stage;
}

function renderDot(nodes: readonly GraphNode[]): string[] {
  return [
    'digraph pipeline {',
    '  node [shape=box];',
    ...nodes.map((node) => `  "${node.stage}" [label="${nodeLabel(node)}"];`),
    ...edgesOf(nodes).map(({ from, to, label }) => `  "${from}" -> "${to}" [label="${label}"];`),
    '}',
  ];
}

/** `poison ×4`. */
function nodeLabel(node: GraphNode): string {
  return node.instanceCount === 1 ? node.stage : `${node.stage} ×${node.instanceCount}`;
}

function edgesOf(nodes: readonly GraphNode[]): { from: string; to: string; label: string }[] {
  return nodes.flatMap((node) =>
    [...node.reads].map(([from, outputs]) => ({ from, to: node.stage, label: [...outputs].join(', ') })),
  );
}

/** One node a stage: instances differ in where they stand in the matrix, not in what they read. */
function collapseInstances(instances: readonly StageInstance[]): GraphNode[] {
  const stageOf = new Map(instances.map((instance) => [instance.id, instance.stage]));
  const nodes = new Map<string, GraphNode>();
  for (const instance of instances) {
    const node: GraphNode = nodes.get(instance.stage) ?? {
      stage: instance.stage,
      instanceCount: 0,
      outputs: Object.keys(instance.outputs),
      reads: new Map(),
    };
    nodes.set(instance.stage, node);
    node.instanceCount++;
    for (const { from, output } of readsOf(instance)) {
      const stage = stageOf.get(from) ?? from;
      node.reads.set(stage, (node.reads.get(stage) ?? new Set()).add(output));
    }
  }
  return topologicalStages([...nodes.values()]);
}

/** Instances come each after all that it reads, but those of two matrix stages may alternate; stages need an order of their own. */
function topologicalStages(nodes: readonly GraphNode[]): GraphNode[] {
  const sorted = new Set<GraphNode>();
  const byStage = new Map(nodes.map((node) => [node.stage, node]));
  const visit = (node: GraphNode): void => {
    if (sorted.has(node)) return;
    for (const stage of node.reads.keys()) {
      const read = byStage.get(stage);
      if (read !== undefined) visit(read);
    }
    sorted.add(node);
  };
  nodes.forEach(visit);
  return [...sorted];
}

function readsOf(instance: StageInstance): { input: string; from: string; output: string }[] {
  return Object.entries(instance.inputs).flatMap(([input, source]) => {
    switch (source.kind) {
      case 'path':
        return [];
      case 'output':
        return [{ input, from: source.instance, output: source.output }];
      case 'all':
        return source.members.map((member) => ({ input, from: member.instance, output: member.output }));
      default:
        return unreachable(source);
    }
  });
}
