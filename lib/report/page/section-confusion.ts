/** Confusion matrices as tables: a row for each true class, shaded by the part of it that got each answer. */
import type { Json } from '../../base/canonical-json.ts';
import { formatCount } from '../quantities.ts';
import type { RunFacts } from './facts.ts';
import { details, digestLink, html, NOTHING, type Html } from './markup.ts';
import { isObject } from './metric-values.ts';
import { knownDocuments } from './section-metrics.ts';
import type { Digest } from '../../base/digest.ts';

export interface Confusion {
  /** `evaluate[variant=V1].metrics, after`; several where the same was found again. */
  readonly titles: readonly string[];
  readonly artifact: Digest;
  /** `counts[label][answer]`. */
  readonly counts: readonly (readonly number[])[];
}

/** A page has room for so many; the numbers of all are in the artifacts. */
const MOST_MATRICES = 16;
/** Larger ones are pictures, not tables. */
const MOST_CLASSES = 40;
const MOST_OPEN = 6;
const MOST_NAMED = 3;
/** Shades, from 0 for none to 9 for all; the style has a colour for each. */
const SHADES = 9;

/** Nothing where no metrics hold one. */
export function renderConfusions({ documents, classes }: RunFacts): Html {
  const found = findConfusions(documents);
  if (found.length === 0) return NOTHING;
  const shown = found.slice(0, MOST_MATRICES);
  const count =
    shown.length === found.length
      ? ''
      : `${shown.length} of ${formatCount(found.length, 'matrix', 'matrices')} shown. `;
  const list = (some: readonly Confusion[]): Html =>
    html`<ul class="matrices">
      ${some.map((each) => html`<li>${matrix(each, classes)}</li>`)}
    </ul>`;
  const rest = shown.slice(MOST_OPEN);
  return html`<p class="lead">
      ${count}A row is a true class, a column an answer; the shade tells the part of the row. Right answers are framed.
    </p>
    ${list(shown.slice(0, MOST_OPEN))}
    ${rest.length === 0 ? null : details('confusion', `${rest.length} more`, list(rest))}`;
}

/** Under keys named `confusion`, each matrix once: what one evaluation found after, the next may find before. */
export function findConfusions(documents: RunFacts['documents']): Confusion[] {
  const found = new Map<string, Confusion & { readonly titles: string[] }>();
  for (const { instance, output, artifact, value } of knownDocuments(documents)) {
    for (const { path, counts } of search(value, [])) {
      const title = [`${instance}.${output}`, ...path].join(', ');
      const known = found.get(JSON.stringify(counts));
      if (known === undefined) found.set(JSON.stringify(counts), { titles: [title], artifact, counts });
      else known.titles.push(title);
    }
  }
  return [...found.values()];
}

function search(value: Json, path: readonly string[]): { path: readonly string[]; counts: number[][] }[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (key === 'confusion' && isMatrix(member)) return [{ path, counts: member }];
    return search(member, [...path, key]);
  });
}

function isMatrix(value: Json): value is number[][] {
  if (!Array.isArray(value) || value.length < 2 || value.length > MOST_CLASSES) return false;
  return value.every(
    (row) =>
      Array.isArray(row) && row.length === value.length && row.every((each) => typeof each === 'number' && each >= 0),
  );
}

function sameText(titles: readonly string[]): string {
  const shown = titles.slice(0, MOST_NAMED).join('; ');
  return titles.length > MOST_NAMED ? `${shown} and ${titles.length - MOST_NAMED} more` : shown;
}

function rightText(counts: Confusion['counts']): string {
  const sum = counts.flat().reduce((a, b) => a + b, 0);
  const right = counts.reduce((total, row, i) => total + (row[i] ?? 0), 0);
  return sum === 0 ? 'no records' : `${right} of ${sum} right, ${((100 * right) / sum).toFixed(1)} %`;
}

function matrix({ titles, artifact, counts }: Confusion, classes: readonly string[]): Html {
  const [title = '', ...others] = titles;
  const names = classes.length === counts.length ? classes : counts.map((_, i) => String(i));
  const rows = counts.map((row, label) => {
    const sum = row.reduce((a, b) => a + b, 0);
    const cells = row.map((count, answer) => {
      const shade = sum === 0 ? 0 : Math.ceil((SHADES * count) / sum);
      return html`<td class="h${shade}${label === answer ? ' right' : null}">${count}</td>`;
    });
    const recall = sum === 0 ? 'none' : `${((100 * (row[label] ?? 0)) / sum).toFixed(1)} %`;
    return html`<tr>
      <th scope="row">${names[label] ?? label}</th>
      ${cells}
      <td class="sum">${recall}</td>
    </tr> `;
  });
  return html`<h3>${title}</h3>
    <p class="note">
      ${rightText(counts)}
      ${digestLink(artifact)}${others.length === 0 ? null : html`<br />the same in ${sameText(others)}`}
    </p>
    <div class="scroll" role="region" tabindex="0" aria-label="Confusion matrix of ${title}">
      <table class="confusion">
        <caption>
          <span class="hidden">Confusion matrix of ${title}</span>
        </caption>
        <thead>
          <tr>
            <td class="corner"><span class="hidden">True class, below; answer, beside</span></td>
            ${names.map((name) => html`<th scope="col">${name}</th>`)}
            <th scope="col">Recall</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div> `;
}
