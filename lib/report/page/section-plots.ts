/** The plots of a run: chosen from its metrics, drawn, and put into the page with their numbers. */
import type { RunFacts } from './facts.ts';
import { findSeries } from './find-series.ts';
import type { PlotDrawer } from './draw-plot.ts';
import { details, html, Html, NOTHING, table } from './markup.ts';
import { plotAxes } from './plot-axes.ts';
import { plotCurves } from './plot-curves.ts';
import { plotTrajectories } from './plot-trajectory.ts';
import type { Plot } from './plot.ts';
import { knownDocuments } from './section-metrics.ts';

/** A plot takes some 20 kB and 40 ms. */
const MOST_PLOTS = 36;

/** Nothing where no metrics give a plot. */
export async function renderPlots(facts: RunFacts, drawer: PlotDrawer): Promise<Html> {
  const plots = choosePlots(facts);
  if (plots.length === 0) return NOTHING;
  const shown = plots.slice(0, MOST_PLOTS);
  const figures: Html[] = [];
  // One after the other: they share a core.
  for (const [i, plot] of shown.entries()) figures.push(figure(plot, await drawer.draw(plot), `plot-${i + 1}`));
  const count =
    shown.length === plots.length
      ? ''
      : `${shown.length} of ${plots.length} plots drawn; the tables above have all numbers.`;
  return html`${count === '' ? null : html`<p class="lead">${count}</p>`}
    <ul class="plots">
      ${figures.map((each) => html`<li>${each}</li> `)}
    </ul>`;
}

/** In the order in which a reader wants them. */
export function choosePlots({ documents, paper }: RunFacts): Plot[] {
  const known = knownDocuments(documents);
  return [...plotTrajectories(known, paper), ...plotAxes(known), ...plotCurves(findSeries(known))];
}

function figure({ title, summary, numbers, note }: Plot, svg: string, id: string): Html {
  return html`<figure class="plot">
    <h3 id="${id}">${title}</h3>
    ${labelled(svg, id, summary)} ${note === '' ? null : html`<figcaption>${note}</figcaption>`}
    ${numbers === null ? null : details(`numbers ${title}`, 'Numbers', table({ ...numbers, isCaptionHidden: true }))}
  </figure>`;
}

/** The drawing's own root says nothing to who cannot see it; ours names it and says what it shows. */
function labelled(svg: string, id: string, summary: string): Html {
  const size = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)" viewBox="([-\d. ]+)"[^>]*>/.exec(svg);
  if (size === null) return html`<p>${summary}</p>`;
  const [root, width = '', height = '', viewBox = ''] = size;
  return html`<svg
    role="img"
    aria-labelledby="${id} ${id}-shows"
    width="${width}"
    height="${height}"
    viewBox="${viewBox}"
  >
    <desc id="${id}-shows">${summary}</desc>
    ${new Html(svg.slice(root.length))}
  </svg>`;
}
