/** The study's figures as SVG, by Vega-Lite, without a browser. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Cell, sweepOf, type Group, type Target } from './cells.ts';

const CONFIG = { background: 'white', font: 'sans-serif', axis: { grid: true, gridColor: '#e5e5e5' } } as const;

/** Figure 2: accuracy of the chosen class against N', a line a reading, with the spread over the seeds; the paper's point as a cross. */
export async function drawGrowth(
  groups: readonly Group[],
  target: Target | null,
  chosen: number,
  poisons: number,
): Promise<string> {
  const variants = [...new Set(groups.map(({ variant }) => variant))];
  const points = variants
    .map((variant) => sweepOf(groups, variant, chosen))
    .filter((sweep) => sweep.length >= 2)
    .flat()
    .map(({ variant, name, poisons: count, recall }) => ({
      reading: `${variant} ${name}`,
      poisons: count,
      recall: 100 * recall.mean,
      low: 100 * Math.max(0, recall.mean - (recall.deviation ?? 0)),
      high: 100 * Math.min(1, recall.mean + (recall.deviation ?? 0)),
    }));
  const paper = target === null ? [] : [{ poisons, recall: 100 * target.recall }];
  const x = { field: 'poisons', type: 'quantitative', title: "poisoned records, N'" } as const;
  const title = `accuracy of class ${chosen}, %`;
  const y = (field: string) => ({ field, type: 'quantitative', title, scale: { domain: [0, 100] } }) as const;
  const color = { field: 'reading', type: 'nominal', title: null, legend: { orient: 'top', labelLimit: 0 } } as const;
  return toSvg({
    width: 520,
    height: 320,
    layer: [
      {
        data: { values: points },
        mark: { type: 'area', opacity: 0.2 },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color },
      },
      { data: { values: points }, mark: { type: 'line', point: true }, encoding: { x, y: y('recall'), color } },
      paperMark(paper, x, y('recall')),
    ],
    config: CONFIG,
  });
}

/** Each reading's way in the plane of (others, chosen): from M, step by step where it was measured, to where training ends. */
export async function drawTrajectories(
  cells: readonly Cell[],
  target: Target | null,
  chosen: number,
  poisons: number,
): Promise<string> {
  const shown = cells.filter((cell) => cell.chosen === chosen && cell.poisons === poisons);
  const byNumber = new Intl.Collator('en', { numeric: true });
  const readings = [...new Set(shown.map(({ variant }) => variant))].sort(byNumber.compare);
  const points = shown.flatMap((cell) => {
    const way =
      cell.trajectory.length > 0
        ? cell.trajectory
        : [
            { step: 0, ...cell.before },
            { step: 1, ...cell.after },
          ];
    return way.map(({ step, chosen: recall, others }) => ({
      reading: `${cell.variant} ${cell.name}`,
      order: readings.indexOf(cell.variant),
      seed: cell.seed,
      step,
      recall: 100 * (recall ?? 0),
      others: 100 * (others ?? 0),
    }));
  });
  const paper =
    target === null
      ? []
      : points
          .filter(({ reading }, i) => points.findIndex((point) => point.reading === reading) === i)
          .map((point) => ({ ...point, others: 100 * target.others, recall: 100 * target.recall }));
  const x = { field: 'others', type: 'quantitative', title: 'other classes, %', scale: { domain: [0, 100] } } as const;
  const y = {
    field: 'recall',
    type: 'quantitative',
    title: `class ${chosen}, %`,
    scale: { domain: [0, 100] },
  } as const;
  return toSvg({
    data: {
      values: [
        ...points.map((point) => ({ ...point, kind: 'way' })),
        ...paper.map((point) => ({ ...point, kind: 'paper' })),
      ],
    },
    facet: { field: 'reading', type: 'nominal', title: null, sort: { field: 'order', op: 'min' } },
    columns: 4,
    spec: {
      width: 150,
      height: 150,
      layer: [
        {
          transform: [{ filter: "datum.kind === 'way'" }],
          mark: { type: 'line', point: { size: 18 }, strokeWidth: 1 },
          encoding: { x, y, order: { field: 'step' }, detail: { field: 'seed' } },
        },
        {
          transform: [{ filter: "datum.kind === 'paper'" }],
          mark: { type: 'point', shape: 'cross', size: 90, color: '#c00', filled: true },
          encoding: { x, y },
        },
      ],
    },
    config: CONFIG,
  });
}

function paperMark(values: object[], x: object, y: object): object {
  return {
    data: { values },
    mark: { type: 'point', shape: 'cross', size: 120, color: '#c00', filled: true },
    encoding: { x, y },
  };
}

async function toSvg(spec: object): Promise<string> {
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
