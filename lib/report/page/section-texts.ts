/** What the pipeline shows when a run ends, and what failed. */
import type { RunFacts } from './facts.ts';
import { digestLink, html, idOf, NOTHING, type Html } from './markup.ts';

/** The texts that `show:` names. */
export function renderTexts({ texts }: RunFacts): Html {
  if (texts.length === 0) return NOTHING;
  return html`${texts.map(({ name, artifact, text }) => {
    const id = idOf('text', name);
    return html`<h3 id="${id}">${name} ${digestLink(artifact)}</h3>
      <div class="scroll" role="region" tabindex="0" aria-labelledby="${id}">
        <pre>${text.replace(/^\n+|\s+$/g, '')}</pre>
      </div> `;
  })}`;
}

/** What failed, with the last that it wrote. */
export function renderFailures({ instances }: RunFacts): Html {
  const failed = instances.filter(({ failure }) => failure !== null);
  if (failed.length === 0) return NOTHING;
  return html`${failed.map(({ instance, failure, execution }) => {
    const id = idOf('failure', instance);
    const command = `assay log ${/^[\w.-]+$/.test(instance) ? instance : `'${instance}'`}`;
    const tail = failure?.logTail ?? [];
    return html`<h3 id="${id}"><a href="#${idOf('instance', instance)}">${instance}</a></h3>
      <p class="bad">
        ✕ ${failure?.status ?? ''}${execution === null ? null : `, execution ${execution.id}`}. All that it wrote:
        <code>${command}</code>
      </p>
      ${tail.length === 0 ? html`<p class="soft">It wrote nothing.</p>` : html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}"><pre>${tail.join('\n')}</pre></div>`} `;
  })}`;
}
