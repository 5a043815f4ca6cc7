/** Who made what from what, a line an instance. */
import type { InstanceFacts, RunFacts } from './facts.ts';
import { details, digestLink, html, idOf, NOTHING, table, type Content, type Html } from './markup.ts';

const MOST_OPEN = 30;

export function renderLineage({ instances }: RunFacts): Html {
  const made = instances.filter(({ outputs }) => outputs.length > 0);
  if (made.length === 0) return NOTHING;
  const lines = table({
    caption: 'What each stage instance read and made, each artifact by the first digits of its digest',
    label: 'Lineage, line by line',
    look: 'filter wrap',
    columns: [{ head: 'Made by' }, { head: 'From' }, { head: 'What' }],
    rows: made.map((each) => [
      html`<a href="#${idOf('instance', each.instance)}">${each.instance}</a>${origin(each)}`,
      list(
        each.inputs.map(
          ({ name, artifact, path }) =>
            html`${name} ${digestLink(artifact)}${path === null ? null : html` <span class="soft">./${path}</span>`}`,
        ),
      ),
      list(
        each.outputs.map(
          ({ name, kind, artifact }) => html`${name} ${digestLink(artifact)} <span class="soft">${kind}</span>`,
        ),
      ),
    ]),
  });
  return html`<p class="lead">
      Further back and further on: <code>assay origins</code>, <code>assay lineage</code> and
      <code>assay taint</code> with any digest.
    </p>
    ${made.length <= MOST_OPEN ? lines : details('lineage', `What was made from what (${made.length} instances)`, lines)}`;
}

function origin({ execution, state }: InstanceFacts): Content {
  if (execution === null) return null;
  const by = `execution ${execution.id}${state === 'cached' ? ` of run ${execution.runId}` : ''}`;
  return html`<br /><span class="soft">${by}</span>`;
}

function list(items: readonly Html[]): Content {
  if (items.length === 0) return html`<span class="soft">nothing</span>`;
  return html`<ul class="plain">
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`;
}
