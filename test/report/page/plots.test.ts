/** Which plots metrics give, and how they are drawn. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/base/canonical-json.ts';
import { PlotDrawer } from '../../../lib/report/page/draw-plot.ts';
import { findSeries } from '../../../lib/report/page/find-series.ts';
import { choosePlots, renderPlots } from '../../../lib/report/page/section-plots.ts';
import { knownDocuments } from '../../../lib/report/page/section-metrics.ts';
import type { MetricsDocument } from '../../../lib/report/page/facts.ts';
import { documentOf, runFacts } from './page-facts.ts';

const titles = (documents: readonly MetricsDocument[]): string[] =>
  choosePlots(runFacts({ documents })).map(({ title }) => title);

const CURVE = [1, 2, 3].map((epoch) => ({
  epoch,
  step: 10 * epoch,
  loss: 2 / epoch,
  accuracy: 1 - 0.3 / epoch,
  learningRate: 0.1,
}));

describe('findSeries', () => {
  const find = (value: Json) => findSeries(knownDocuments([documentOf('train', value)]));

  it('takes lists of objects that a number orders, whatever they are called', () => {
    const [series] = find({
      study: {
        cells: [
          { step: 1, x: 0.5 },
          { step: 4, x: 0.7, note: 'a' },
        ],
      },
    });
    expect(series).toMatchObject({ path: 'study.cells', order: 'step' });
    expect(series?.points.map(({ x, values }) => [x, [...values]])).toEqual([
      [1, [['x', 0.5]]],
      [4, [['x', 0.7]]],
    ]);
  });

  it('takes nothing else', () => {
    expect(
      find({
        a: [1, 2],
        b: [
          { step: 2, x: 1 },
          { step: 2, x: 2 },
        ],
        c: [{ step: 1, x: 1 }],
        d: [{ step: 1 }, { step: 2 }],
        e: [{ step: 1, x: 1 }, 7],
      }),
    ).toEqual([]);
  });

  it('takes a series once, where it was first', () => {
    const documents = knownDocuments([
      documentOf('train', { curve: CURVE }),
      documentOf('evaluate', { of: { curve: CURVE } }),
    ]);
    expect(findSeries(documents).map(({ document, path }) => [document.instance, path])).toEqual([['train', 'curve']]);
  });
});

describe('choosePlots', () => {
  it('draws the measures of one training: fractions together, the rest each on a scale of its own', () => {
    expect(titles([documentOf('train', { curve: CURVE })])).toEqual([
      'train.metrics, curve: loss',
      'train.metrics, curve: accuracy',
    ]);
  });

  it('draws the trainings of a matrix together, a measure at a time', () => {
    const documents = ['V1', 'V2'].map((variant, i) =>
      documentOf(`train[variant=${variant}]`, { curve: CURVE.map((each) => ({ ...each, loss: each.loss + i })) }),
    );
    const plots = choosePlots(runFacts({ documents }));
    expect(plots.map(({ title }) => title)).toEqual(['train.metrics, curve: loss', 'train.metrics, curve: accuracy']);
    expect(plots[0]?.summary).toBe(
      'loss over epoch. variant=V1: from 2 to 0.6667, lowest 0.6667, highest 2; variant=V2: from 3 to 1.667, lowest 1.667, highest 3',
    );
    expect(plots[0]?.numbers?.rows).toEqual([
      ['1', '2.0000', '3.000'],
      ['2', '1.0000', '2.000'],
      ['3', '0.6667', '1.667'],
    ]);
  });

  it('draws metrics over a numeric axis, repetitions as one line, and never a coordinate over itself', () => {
    const documents = [100, 200].flatMap((count) =>
      [1, 2].map((seed) =>
        documentOf(`evaluate[count=${count},seed=${seed}]`, {
          count,
          accuracy: 1 - count / 1000 - seed / 100,
          constant: 4,
        }),
      ),
    );
    const [plot, ...others] = choosePlots(runFacts({ documents }));
    expect(others).toEqual([]);
    expect(plot?.title).toBe('evaluate.metrics: accuracy over count');
    expect(plot?.view).toMatchObject({ layer: [{ encoding: { y: { aggregate: 'mean' } } }, {}] });
    expect((plot?.view.data as { values: unknown[] }).values).toHaveLength(4);
  });

  it('draws words only where there are enough to compare', () => {
    const of = (...variants: string[]) =>
      titles(variants.map((each, i) => documentOf(`evaluate[variant=${each}]`, { accuracy: i / 10 })));
    expect(of('V1', 'V2')).toEqual([]);
    expect(of('V1', 'V2', 'V3')).toEqual(['evaluate.metrics: accuracy over variant']);
  });

  it('draws the chosen class against the others with the paper beside it, where metrics have both', () => {
    const value = {
      before: { chosen: 0.99, others: 0.98 },
      after: { chosen: 0.5, others: 0.97 },
      trajectory: [{ step: 1, chosen: 0.7, others: 0.975 }],
    };
    const [plot] = choosePlots(
      runFacts({ documents: [documentOf('evaluate', value)], paper: { chosen: 0.432, others: 0.949 } }),
    );
    expect(plot?.summary).toBe(
      "evaluate: chosen 0.99 to 0.5, others 0.98 to 0.97. The paper's: chosen 0.432, others 0.949.",
    );
    expect(plot?.numbers?.rows).toEqual([
      ['evaluate', '0.99', '0.5', '0.98', '0.97'],
      ['the paper', '', '0.432', '', '0.949'],
    ]);
    expect(titles([documentOf('evaluate', value)])).toHaveLength(1);
    expect(titles([documentOf('evaluate', { before: { chosen: 7 }, after: { chosen: 7 } })])).toEqual([]);
  });

  it('says how many of many are drawn', () => {
    const documents = Array.from({ length: 12 }, (_, i) =>
      documentOf(`train[seed=${i}]`, { curve: CURVE.map((each) => ({ ...each, loss: each.loss + i })) }),
    );
    expect(choosePlots(runFacts({ documents }))[0]?.note).toBe('8 of 12 drawn');
  });
});

describe('renderPlots', () => {
  it('draws an SVG that needs no style, names no place elsewhere, and says in words what it shows', async () => {
    const name = 'train[variant=<b>&"]';
    const documents = [
      documentOf(name, { curve: CURVE }),
      documentOf('train[variant=V2]', { curve: CURVE.slice(0, 2) }),
    ];
    const { text } = await renderPlots(runFacts({ documents }), new PlotDrawer());
    expect(text.match(/<svg\s+role="img"\s+aria-labelledby="plot-1 plot-1-shows"\s+width="3\d\d"/)).not.toBeNull();
    expect(text.replaceAll('http://www.w3.org/', '')).not.toMatch(/ style=|https?:|<b>| id="clip/);
    expect(text).toContain('variant=&lt;b&gt;&amp;&quot;: from 2 to');
    expect(text).toContain('var(--s2)');
  });

  it('draws what has not changed only once', async () => {
    const drawer = new PlotDrawer();
    const [plot] = choosePlots(runFacts({ documents: [documentOf('train', { curve: CURVE })] }));
    expect(await drawer.draw(plot!)).toBe(await drawer.draw(plot!));
  });
});
