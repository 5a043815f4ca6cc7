/** The pipeline as a drawing with what each stage came to, and as tables: a line a stage, a line an instance. */
import { groupBy } from '../../base/group-by.ts';
import { formatDuration } from '../quantities.ts';
import { expectationText } from './expectation-text.ts';
import type { InstanceFacts, RunFacts, StageEdge } from './facts.ts';
import { impliedEdges, layOutGraph, type Layout } from './graph-layout.ts';
import { details, html, idOf, table, type Content, type Html } from './markup.ts';
import { countStates, SIGNS, stateMark, worstState } from './states.ts';
import { cutTo } from '../table.ts';

const NODE = { width: 168, height: 46 };
const MARGIN = 2;
/** A stage's name that fits its node at the size of the drawing's letters. */
const NAME_WIDTH = 15;
/** A table of so many instances is open; longer ones open when asked. */
const MOST_OPEN = 12;

export function renderPipeline({ instances, edges, source }: RunFacts): Html {
  const stages = groupBy(instances, ({ stage }) => stage);
  const isGuessed = source === 'history';
  return html`${isGuessed ? html`<p class="soft">pipeline.yaml is not what it was: what reads what follows from digests.</p>` : null}
    <div class="graph">${draw(stages, edges)}</div>
    ${stageTable(stages, edges)}
    ${details('instances', `Every stage instance (${instances.length})`, instanceTable(instances), instances.length <= MOST_OPEN)}`;
}

/** Instances of a matrix stage are one node. The tables below say the same. */
function draw(stages: ReadonlyMap<string, readonly InstanceFacts[]>, edges: readonly StageEdge[]): Html {
  const layout = layOutGraph(inOrder([...stages.keys()], edges), edges, NODE);
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN];
  const nodes = [...stages].map(([stage, group]) => drawNode(stage, group, layout));
  const implied = impliedEdges(edges);
  const isFar = ({ edge }: Layout['paths'][number]): boolean => implied.has(`${edge.from}\n${edge.to}`);
  // One opacity for all lines of a kind: where they share their way they are one line.
  const lines = (paths: Layout['paths']): Content =>
    paths.map((path) => html`<path class="edge" d="${pathOf(path, layout)}" />`);
  return html`<svg
    width="${width}"
    height="${height}"
    viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}"
    aria-hidden="true"
    focusable="false"
  >
    <g class="edges far">${lines(layout.paths.filter(isFar))}</g>
    <g class="edges">${lines(layout.paths.filter((path) => !isFar(path)))}</g>
    ${nodes}
  </svg>`;
}

function drawNode(stage: string, group: readonly InstanceFacts[], layout: Layout): Html {
  const { x, y } = layout.nodes.get(stage) ?? { x: 0, y: 0 };
  const counts = countStates(group.map(({ state }) => state));
  const text = counts
    .map(({ state, count }) => `${SIGNS[state]} ${group.length === 1 ? state : `${count} ${state}`}`)
    .join(' ');
  const state = worstState(group.map((each) => each.state));
  const [left, top] = [x - NODE.width / 2, y - NODE.height / 2];
  return html`<g class="node ${state}"
    ><rect x="${left}" y="${top}" width="${NODE.width}" height="${NODE.height}" rx="6" />
    <rect class="band" x="${left}" y="${top}" width="4" height="${NODE.height}" />
    <text class="name" x="${left + 12}" y="${top + 19}"
      >${cutTo(stage, NAME_WIDTH)}${group.length > 1 ? ` ×${group.length}` : null}</text
    >
    <text class="what" x="${left + 12}" y="${top + 36}">${cutTo(text, NAME_WIDTH + 6)}</text></g
  > `;
}

/** Down from node to node; straight where the line passes beside other nodes. */
function pathOf({ edge, bends }: Layout['paths'][number], { nodes }: Layout): string {
  const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)];
  if (from === undefined || to === undefined) return '';
  const half = NODE.height / 2;
  const stops = [
    { x: from.x, top: from.y, bottom: from.y + half },
    ...bends.map(({ x, y }) => ({ x, top: y - half, bottom: y + half })),
    { x: to.x, top: to.y - half, bottom: to.y },
  ];
  const [first, ...rest] = stops;
  let path = `M${first?.x} ${first?.bottom}`;
  let before = first;
  for (const stop of rest) {
    const middle = ((before?.bottom ?? 0) + stop.top) / 2;
    path += `C${before?.x} ${middle} ${stop.x} ${middle} ${stop.x} ${stop.top}`;
    if (stop !== rest.at(-1)) path += `V${stop.bottom}`;
    before = stop;
  }
  return path;
}

/** Each stage after all that it reads; history may tell of a reader first. */
export function inOrder(stages: readonly string[], edges: readonly StageEdge[]): string[] {
  const sorted = new Set<string>();
  const under = new Set<string>();
  const visit = (stage: string): void => {
    // A circle cannot be in a pipeline; in an edited database it can.
    if (sorted.has(stage) || under.has(stage)) return;
    under.add(stage);
    for (const { from, to } of edges) if (to === stage && stages.includes(from)) visit(from);
    sorted.add(stage);
  };
  stages.forEach(visit);
  return [...sorted];
}

function stageTable(stages: ReadonlyMap<string, readonly InstanceFacts[]>, edges: readonly StageEdge[]): Html {
  return table({
    caption: 'Stages, and what each reads',
    label: 'Stages',
    columns: [
      { head: 'Stage' },
      { head: 'Instances', isNumber: true },
      { head: 'Came to' },
      { head: 'Time', isNumber: true },
      { head: 'Reads' },
    ],
    rows: [...stages].map(([stage, group]) => {
      const counts = countStates(group.map(({ state }) => state));
      const durationMs = group.reduce((sum, each) => sum + (each.durationMs ?? 0), 0);
      return [
        stage,
        group.length,
        counts.map(
          ({ state, count }, i) =>
            html`${i > 0 ? ' ' : null}${stateMark(state)}${group.length > 1 ? ` ${count}` : null}`,
        ),
        group.some((each) => each.durationMs !== null) ? formatDuration(durationMs) : '',
        edges
          .filter(({ to }) => to === stage)
          .map(({ from }) => from)
          .join(', ') || 'no other stage',
      ];
    }),
  });
}

function instanceTable(instances: readonly InstanceFacts[]): Html {
  return table({
    caption: 'Stage instances, why each ran and what was expected of it',
    label: 'Stage instances',
    look: 'filter',
    columns: [
      { head: 'Instance' },
      { head: 'Came to' },
      { head: 'Time', isNumber: true },
      { head: 'Why, and what was declared' },
      { head: 'Execution' },
    ],
    rows: instances.map((each) => [
      html`<span id="${idOf('instance', each.instance)}" tabindex="-1" class="target">${each.instance}</span>`,
      stateMark(each.state),
      each.durationMs === null ? '' : formatDuration(each.durationMs),
      why(each),
      each.execution === null ? '' : `${each.execution.id}, run ${each.execution.runId}`,
    ]),
  });
}

function why({ reason, expectations, failure }: InstanceFacts): Content {
  const checks = expectations.map(
    (each) =>
      html`<br />${each.holds ? html`<span class="good">✓</span>` : html`<span class="bad">✕</span>`}
        ${expectationText(each)}`,
  );
  return [failure === null ? reason : html`<span class="bad">${failure.status}</span>; ${reason}`, ...checks];
}
