/** HTML that cannot be broken by what it holds: text is escaped where it is put in, and only what was marked up here is not. */
import { shortDigest, digestHex, type Digest } from '../../base/digest.ts';
import { InternalError } from '../../base/errors.ts';
import { escapeHtml } from '../html.ts';

/** Markup, as opposed to text. */
export class Html {
  readonly text: string;

  /** Only of text that is markup already. */
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Html | string | number | null | readonly Content[];

/** A template whose values are escaped unless they are Html; lists are joined; null is nothing. Its own indents are left out. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  let plain = withoutIndents.get(parts);
  if (plain === undefined) {
    plain = parts.map((part) => part.replaceAll(/\n\s+/g, '\n'));
    withoutIndents.set(parts, plain);
  }
  return new Html(plain.map((part, i) => (i === 0 ? part : markup(values[i - 1] ?? null) + part)).join(''));
}

/** A template is one object for all its uses. */
const withoutIndents = new WeakMap<TemplateStringsArray, readonly string[]>();

/** `<style>` or `<script>` with its text as it is, which must not hold the element's own end. */
export function rawElement(name: 'style' | 'script', text: string): Html {
  if (text.includes('</')) throw new InternalError(`the text of <${name}> must not hold "</"`);
  return new Html(`<${name}>${text}</${name}>`);
}

function markup(value: Content): string {
  if (value === null) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  return typeof value === 'number' ? String(value) : value.map(markup).join('');
}

export const NOTHING = new Html('');

export interface Column {
  readonly head: Content;
  /** Numbers stand on the right, one below the other. */
  readonly isNumber?: boolean;
}

export interface Table {
  readonly caption: Content;
  readonly columns: readonly Column[];
  /** The first cell of each is the head of its row. */
  readonly rows: readonly (readonly Content[])[];
  /** Where a heading says the same. */
  readonly isCaptionHidden?: boolean;
  /** Words for its look, such as `grid`. */
  readonly look?: string;
  /** Names it for the reader of a screen when it scrolls. Unique on the page. */
  readonly label: string;
}

/** A table that scrolls sideways inside its own frame, by keyboard too. */
export function table({ caption, isCaptionHidden, columns, rows, look, label }: Table): Html {
  const kind = (i: number): Html => (columns[i]?.isNumber ? html` class="n"` : NOTHING);
  const head = columns.map(({ head: text }, i) => html`<th scope="col" ${kind(i)}>${text}</th>`);
  const body = rows.map(([first = null, ...rest]) => {
    const cells = rest.map((cell, i) => html`<td${kind(i + 1)}>${cell}</td>`);
    return html`<tr>
      <th scope="row" ${kind(0)}>${first}</th>
      ${cells}
    </tr> `;
  });
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
<table${look === undefined ? null : html` class="${look}"`}>
<caption>${isCaptionHidden ? html`<span class="hidden">${caption}</span>` : caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
`;
}

/** Opens and closes by keyboard. `key` names it across versions of the page, so that it stays open. */
export function details(key: string, summary: Content, body: Content, isOpen = false): Html {
  return html`<details data-key="${key}" ${isOpen ? html` open` : null}>
    <summary>${summary}</summary>
    ${body}
  </details> `;
}

/** Where a page tells of an artifact. */
export function artifactAnchor(digest: Digest): string {
  return `artifact-${digestHex(digest).slice(0, 16)}`;
}

/** A digest by its first digits, leading to where it stands in full. */
export function digestLink(digest: Digest): Html {
  return html`<a class="digest" href="#${artifactAnchor(digest)}"><code>${shortDigest(digest)}</code></a>`;
}

/** An id made of any text: what HTML's ids and the address after `#` both allow. */
export function idOf(prefix: string, text: string): string {
  const safe = text.replaceAll(/[^A-Za-z0-9.-]+/g, (other) => `_${Buffer.from(other).toString('hex')}_`);
  return `${prefix}-${safe}`;
}
