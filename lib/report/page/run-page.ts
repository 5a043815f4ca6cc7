/** The page of a run: one file that needs nothing else, neither the network nor a script. */
import { digestBytes, digestHex } from '../../base/digest.ts';
import type { RunFacts } from './facts.ts';
import { html, rawElement, type Content, type Html } from './markup.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { renderArtifacts } from './section-artifacts.ts';
import { renderAudit } from './section-audit.ts';
import { renderConfusions } from './section-confusion.ts';
import { renderLineage } from './section-lineage.ts';
import { renderMetrics } from './section-metrics.ts';
import { renderPictures } from './section-pictures.ts';
import { renderPipeline } from './section-pipeline.ts';
import { countsText, renderSummary, statusWords } from './section-summary.ts';
import { renderFailures, renderTexts } from './section-texts.ts';
import { renderTimeline } from './section-timeline.ts';

export interface PageOptions {
  /** The script of a page that renews itself; null for a file. */
  readonly liveScript: string | null;
}

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** `plots`: drawn beforehand, for their drawing takes its time. */
export function renderRunPage(facts: RunFacts, plots: Html, { liveScript }: PageOptions): string {
  const { run, project } = facts;
  const sections: Section[] = [
    { id: 'failures', title: 'What failed', body: renderFailures(facts) },
    { id: 'results', title: 'Results', body: renderTexts(facts) },
    { id: 'pipeline', title: 'Pipeline', body: renderPipeline(facts) },
    { id: 'timeline', title: 'Timeline', body: renderTimeline(facts) },
    { id: 'metrics', title: 'Metrics', body: renderMetrics(facts) },
    { id: 'plots', title: 'Plots', body: plots },
    { id: 'pictures', title: 'Pictures', body: renderPictures(facts) },
    { id: 'confusion', title: 'Confusion matrices', body: renderConfusions(facts) },
    { id: 'lineage', title: 'Lineage', body: renderLineage(facts) },
    { id: 'audit', title: 'Check', body: renderAudit(facts) },
    { id: 'artifacts', title: 'Artifacts', body: renderArtifacts(facts) },
  ].filter(({ body }) => body.text !== '');
  const title = `Run ${run.id} of ${project}: ${statusWords(run.status)}`;
  const body = html`<a class="skip" href="#main">Skip to the content</a>
    <div class="page">
      <header id="summary">${renderSummary(facts)}</header>
      <nav aria-label="Sections">
        <ul>
          ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li> `)}
        </ul>
      </nav>
      <main id="main" tabindex="-1">${sections.map(renderSection)}</main>
      <footer>
        <p>
          Run ${run.id}, ${countsText(facts)}. Made by
          <code>${liveScript === null ? 'assay report' : 'assay serve'}</code>; nothing on this page is fetched from
          anywhere.
        </p>
      </footer>
    </div>
    ${liveScript === null ? null : html`<p id="live" class="live" role="status">${liveText(facts)}</p>`}`;
  return documentOf(title, body, liveScript);
}

/** A page for when there is no run to tell of. */
export function renderNothing(project: string, liveScript: string): string {
  const body = html`<div class="page">
      <header id="summary">
        <p class="eyebrow">Assay, ${project}</p>
        <h1>Nothing has run yet</h1>
      </header>
      <main id="main" tabindex="-1">
        <p>This page shows the newest run as soon as there is one: <code>assay run</code>.</p>
      </main>
    </div>
    <p id="live" class="live" role="status">Live</p>`;
  return documentOf(`${project}: nothing has run yet`, body, liveScript);
}

/** Said anew only when it changes. */
function liveText({ run, instances }: RunFacts): string {
  const done = instances.filter(({ state }) => state !== 'running' && state !== 'waiting').length;
  return `Live: run ${run.id} ${statusWords(run.status)}, ${done} of ${instances.length} stages`;
}

function renderSection({ id, title, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section> `;
}

function documentOf(title: string, body: Content, liveScript: string | null): string {
  const scripts = liveScript === null ? [PAGE_SCRIPT] : [PAGE_SCRIPT, liveScript];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts, liveScript !== null)}" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${rawElement('style', PAGE_STYLE)}
      </head>
      <body>
        ${body} ${scripts.map((script) => rawElement('script', script))}
      </body>
    </html> `;
  return page.text;
}

/** Nothing is loaded or run but what is in the page; a live page may ask its own server for news. */
export function contentPolicy(scripts: readonly string[], isLive: boolean): string {
  return [
    "default-src 'none'",
    'img-src data:',
    `style-src ${sourceHash(PAGE_STYLE)}`,
    `script-src ${scripts.map(sourceHash).join(' ')}`,
    ...(isLive ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function sourceHash(text: string): string {
  return `'sha256-${Buffer.from(digestHex(digestBytes(text)), 'hex').toString('base64')}'`;
}
