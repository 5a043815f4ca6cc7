/** When each execution ran, as bars over the time of the run, and as a table. */
import type { Execution, ExecutionStatus } from '../../model/run.ts';
import { formatDuration, formatSize } from '../quantities.ts';
import { cutTo } from '../table.ts';
import type { InstanceState, RunFacts } from './facts.ts';
import { type Content, details, html, idOf, NOTHING, table, type Html } from './markup.ts';
import { SIGNS } from './states.ts';

/** More rows than this are drawn one for each stage, their bars over one another. */
const MOST_ROWS = 40;
const ROW_HEIGHT = 34;
const AXIS_HEIGHT = 26;
/** Fits beside a bar that ends or begins in the middle of a phone. */
const LABEL_WIDTH = 28;

interface Row {
  readonly label: string;
  readonly executions: readonly Execution[];
}

/** Nothing where no stage was executed. */
export function renderTimeline(facts: RunFacts): Html {
  const { run, executions, madeAtMs } = facts;
  if (executions.length === 0) return NOTHING;
  const endMs = run.endedAtMs ?? Math.max(madeAtMs, ...executions.map((each) => each.endedAtMs ?? 0));
  const totalMs = Math.max(1, endMs - run.startedAtMs);
  const busyMs = executions.reduce((sum, each) => sum + (each.endedAtMs ?? endMs) - each.startedAtMs, 0);
  return html`<p class="lead">
      ${executions.length} executions, ${formatDuration(busyMs)} of work in ${formatDuration(totalMs)}. What was cached
      takes no time and has no bar.
    </p>
    ${draw(rowsOf(executions), run.startedAtMs, totalMs)}
    ${details('executions', `Executions as a table (${executions.length})`, executionTable(facts))}`;
}

function rowsOf(executions: readonly Execution[]): Row[] {
  if (executions.length <= MOST_ROWS) {
    return executions.map((each) => ({
      label: `${each.instance}${each.attempt > 1 ? `, attempt ${each.attempt}` : ''}`,
      executions: [each],
    }));
  }
  const byStage = new Map<string, Execution[]>();
  for (const each of executions) byStage.set(each.stage, [...(byStage.get(each.stage) ?? []), each]);
  return [...byStage].map(([stage, group]) => ({ label: `${stage} ×${group.length}`, executions: group }));
}

/** In percent of the width, so that it fits every screen; the table says the same. */
function draw(rows: readonly Row[], startMs: number, totalMs: number): Html {
  const height = rows.length * ROW_HEIGHT + AXIS_HEIGHT;
  const percent = (atMs: number): string => `${Math.min(100, Math.max(0, (100 * atMs) / totalMs)).toFixed(3)}%`;
  const ticks = ticksOf(totalMs);
  const grid = ticks.map(
    (tick) =>
      html`<line class="grid" x1="${percent(tick)}" x2="${percent(tick)}" y1="0" y2="${height - AXIS_HEIGHT}" />`,
  );
  const labels = ticks.map(
    (tick) =>
      html`<text class="tick" x="${percent(tick)}" y="${height - 8}" text-anchor="${tick === 0 ? 'start' : 'middle'}"
        >${tick === 0 ? '0' : formatDuration(tick)}</text
      >`,
  );
  const bars = rows.map(({ label, executions }, i) => {
    const y = i * ROW_HEIGHT;
    const drawn = executions.map((each) => {
      const [from, to] = [each.startedAtMs - startMs, (each.endedAtMs ?? startMs + totalMs) - startMs];
      const width = `${Math.max(0.15, (100 * (to - from)) / totalMs).toFixed(3)}%`;
      return html`<rect
        class="bar ${stateOf(each.status)}"
        x="${percent(from)}"
        y="${y + 19}"
        width="${width}"
        height="9"
        rx="2"
      />`;
    });
    // A label starts where its bar does, and ends with it where it would else leave the picture.
    const firstMs = Math.min(...executions.map((each) => each.startedAtMs)) - startMs;
    const isLate = firstMs > totalMs * 0.45;
    const lastMs = Math.max(...executions.map((each) => (each.endedAtMs ?? startMs + totalMs) - startMs));
    return html`<text
        class="label"
        x="${percent(isLate ? lastMs : firstMs)}"
        y="${y + 14}"
        text-anchor="${isLate ? 'end' : 'start'}"
        >${rowLabel(label, executions)}</text
      >${drawn}`;
  });
  return html`<svg class="timeline" width="100%" height="${height}" aria-hidden="true" focusable="false">
    ${grid}${bars}${labels}
  </svg>`;
}

/** On a phone the name alone. */
function rowLabel(label: string, executions: readonly Execution[]): Content {
  const [only] = executions;
  const name = cutTo(label, LABEL_WIDTH);
  if (only === undefined || executions.length > 1) return name;
  const state = stateOf(only.status);
  const sign = state === 'ran' ? '' : `${SIGNS[state]} `;
  const time = only.endedAtMs === null ? null : formatDuration(only.endedAtMs - only.startedAtMs);
  return html`${sign}${name}<tspan class="time"> ${time}</tspan>`;
}

/** Three to six round times. */
function ticksOf(totalMs: number): number[] {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500];
  const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200].map(
    (each) => 1000 * each,
  );
  const days = [1, 2, 5, 10, 20, 50].map((each) => 86_400_000 * each);
  const step = [...steps, ...seconds, ...days].find((each) => totalMs / each <= 5) ?? totalMs;
  // The last would be cut where it ends the picture.
  return Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, i) => i * step).filter(
    (tick) => tick <= totalMs * 0.94,
  );
}

export function stateOf(status: ExecutionStatus): InstanceState {
  if (status === 'ok') return 'ran';
  if (status === 'running') return 'running';
  return status === 'interrupted' || status === 'lost' ? 'interrupted' : 'failed';
}

function executionTable({ run, executions }: RunFacts): Html {
  return table({
    caption: 'Executions of this run, in the order in which they started',
    label: 'Executions',
    columns: [
      { head: 'Stage' },
      { head: 'Execution', isNumber: true },
      { head: 'Ended' },
      { head: 'After', isNumber: true },
      { head: 'Took', isNumber: true },
      { head: 'Peak memory', isNumber: true },
    ],
    rows: executions.map((each) => [
      html`<a href="#${idOf('instance', each.instance)}">${each.instance}</a
        >${each.attempt > 1 ? `, attempt ${each.attempt}` : null}`,
      each.id,
      each.status,
      formatDuration(each.startedAtMs - run.startedAtMs),
      each.endedAtMs === null ? '' : formatDuration(each.endedAtMs - each.startedAtMs),
      each.peakMemoryBytes === null ? '' : formatSize(each.peakMemoryBytes),
    ]),
  });
}
