/** The pictures that stages made, inside the page. */
import { formatCount } from '../quantities.ts';
import type { Picture, RunFacts } from './facts.ts';
import { digestLink, html, Html, NOTHING } from './markup.ts';

/** Nothing where there is none. */
export function renderPictures({ pictures: { shown, total } }: RunFacts): Html {
  if (total === 0) return NOTHING;
  const count =
    shown.length === total
      ? formatCount(total, 'picture')
      : `${shown.length} of ${formatCount(total, 'picture')} shown; assay export writes the others`;
  return html`<p class="lead">${count}.</p>
    <ul class="pictures">
      ${shown.map((picture) => html`<li>${figure(picture)}</li> `)}
    </ul> `;
}

function figure({ artifact, names, type, base64, size }: Picture): Html {
  const [first = 'a stage', ...others] = names;
  const extent = size === null ? '' : `, ${size.width} by ${size.height} pixels`;
  const same = others.length === 0 ? null : html`; the same as ${others.join(', ')}`;
  const box = size === null ? null : html` width="${size.width}" height="${size.height}"`;
  // Base64 needs no escaping, and may be megabytes.
  const source = new Html(`data:${type};base64,${base64}`);
  return html`<figure>
    <img src="${source}" alt="The picture ${first}${extent}" ${box} />
    <figcaption>${first}${same} ${digestLink(artifact)}</figcaption>
  </figure>`;
}
