/** Two datasets compared, as one HTML file: pictures inside it, no script, nothing fetched. */
import type { AddedRecord, ChangedRecord, SplitDiff } from '../audit/diff-datasets.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { rangesText } from '../dataset/index-ranges.ts';
import type { Split } from '../dataset/split.ts';
import { PAGE_STYLE } from './diff-page-style.ts';
import { escapeHtml, recordImage } from './html.ts';
import {
  classNamesText,
  classRows,
  classText,
  distanceText,
  splitSummary,
  type DatasetDiffJson,
} from './render-dataset-diff.ts';

/** Pictures of each kind: beyond this a page is slow to open and nobody looks; the JSON has all. */
const MOST_PICTURES = 100;
/** A picture is drawn as large as fits beside another on a phone. */
const PICTURE_SIDE = 84;

/** `a` and `b` are the datasets that were compared. */
export function renderDiffPage(diff: DatasetDiffJson, a: Dataset, b: Dataset): string {
  const title = `${diff.a.name} and ${diff.b.name}, compared record by record`;
  const names = diff.classNames === null ? '' : `<p class="bad">${escapeHtml(classNamesText(diff.classNames))}</p>`;
  const sections = diff.splits.map((split) => renderSplit(split, a[split.split], b[split.split]));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${diff.isEqual ? 'The same records' : 'Records differ'}</h1>
<dl>
${datasetTerm('a', diff.a)}
${datasetTerm('b', diff.b)}
</dl>
${names}
</header>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function datasetTerm(letter: string, { name, form, artifact }: DatasetDiffJson['a']): string {
  const what = artifact === null ? `${form} files` : `<code>${escapeHtml(artifact)}</code>`;
  return `<dt>${letter}</dt><dd><strong>${escapeHtml(name)}</strong> ${what}</dd>`;
}

function renderSplit(split: SplitDiff, a: Split | null, b: Split | null): string {
  const id = `split-${split.split}`;
  const body = split.verdict === 'different' ? renderClasses(split) : '';
  const parts = [
    recordSection(split, 'Changed in place', split.changed, (record) => changedFigure(split, record, a, b)),
    recordSection(split, 'Relabelled', split.relabelled, (record) => {
      const alt = `record ${record.b} of b, labelled ${classText(split, record.label)}`;
      const place = record.a === record.b ? `${record.a}` : `${record.a} in a, ${record.b} in b`;
      const labels = `${classText(split, record.oldLabel)} → ${classText(split, record.label)}`;
      return figure(drawn(b, record.b, alt), [place, labels], true);
    }),
    recordSection(split, 'New', split.added, (record) => addedFigure(split, record, a, b)),
    recordSection(split, 'Removed', split.removed, ({ index, label }) =>
      figure(drawn(a, index, `record ${index} of a, labelled ${classText(split, label)}`), [
        String(index),
        classText(split, label),
      ]),
    ),
    listSection(
      'Moved',
      split.moved.map((pair) => `${pair.a} → ${pair.b}`),
    ),
    listSection(
      'More than once in b',
      split.duplicates.b.map((group) => rangesText(group)),
    ),
    listSection(
      'One picture under several labels in b',
      split.labelConflicts.map((group) => rangesText(group)),
    ),
  ];
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${split.split}</h2>
<p class="${split.verdict === 'equal' ? 'good' : 'bad'}">${escapeHtml(splitSummary(split))}</p>
${body}
${parts.join('')}</section>`;
}

function renderClasses(split: SplitDiff): string {
  const { head, rows } = withoutEmptyColumns(classRows(split));
  const cells = (row: readonly string[]): string => {
    const [name = '', ...numbers] = row;
    return `<tr><th scope="row">${escapeHtml(name)}</th>${numbers.map((text) => `<td>${text}</td>`).join('')}</tr>`;
  };
  return `<div class="scroll" role="region" tabindex="0" aria-label="Records of each class, ${split.split}">
<table>
<caption>Records of each class</caption>
<thead><tr>${head.map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>
<tbody>${rows.map(cells).join('\n')}</tbody>
</table>
</div>
<p class="soft">Added records count under their new label, the others under their old one.</p>`;
}

/** A phone has no room for columns that say nothing. */
function withoutEmptyColumns({ head, rows }: ReturnType<typeof classRows>): ReturnType<typeof classRows> {
  const isSaying = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const kept = (row: readonly string[]): string[] => row.filter((_, column) => isSaying[column]);
  return { head: kept(head), rows: rows.map(kept) };
}

/** A row of figures under a heading that opens and closes by keyboard. */
function recordSection<T>(split: SplitDiff, title: string, records: readonly T[], draw: (record: T) => string): string {
  if (records.length === 0) return '';
  const shown = records.slice(0, MOST_PICTURES);
  const rest = records.length - shown.length;
  const more = rest === 0 ? '' : `<p>and ${rest.toLocaleString('en')} more: --json lists all.</p>`;
  return `<details open>
<summary><h3>${title}: ${records.length.toLocaleString('en')} <span class="of">${split.split}</span></h3></summary>
<ul class="figures">
${shown.map((record) => `<li>${draw(record)}</li>`).join('\n')}
</ul>${more}
</details>
`;
}

function listSection(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, MOST_PICTURES);
  const rest = lines.length === shown.length ? '' : ', …';
  return `<details>
<summary><h3>${title}: ${lines.length.toLocaleString('en')}</h3></summary>
<p>${escapeHtml(shown.join(', '))}${rest}</p>
</details>
`;
}

function addedFigure(split: SplitDiff, record: AddedRecord, a: Split | null, b: Split | null): string {
  const { index, label, nearest } = record;
  const own = drawn(b, index, `record ${index} of b, labelled ${classText(split, label)}`);
  if (nearest === null) return figure(own, [String(index), classText(split, label)]);
  const other = drawn(
    a,
    nearest.index,
    `its nearest in a: record ${nearest.index}, labelled ${classText(split, nearest.label)}`,
  );
  const lines = [
    `${index}: ${classText(split, label)}`,
    `nearest ${nearest.index}: ${classText(split, nearest.label)}`,
    `L2 ${distanceText(nearest.distance)}`,
  ];
  return figure(own + other, lines, nearest.isLabelConflict);
}

function changedFigure(split: SplitDiff, record: ChangedRecord, a: Split | null, b: Split | null): string {
  const { index, label, oldLabel, distance } = record;
  const before = drawn(a, index, `record ${index} of a, labelled ${classText(split, oldLabel)}`);
  const after = drawn(b, index, `record ${index} of b, labelled ${classText(split, label)}`);
  const labels = `${classText(split, oldLabel)} → ${classText(split, label)}`;
  return figure(before + after, [String(index), labels, `L2 ${distanceText(distance)}`], label !== oldLabel);
}

function figure(pictures: string, lines: readonly string[], isConflict = false): string {
  const text = lines.map(escapeHtml).join('<br>');
  const note = isConflict ? '<br><strong class="bad">other label</strong>' : '';
  return `<figure>${pictures}<figcaption>${text}${note}</figcaption></figure>`;
}

function drawn(split: Split | null, index: number, alt: string): string {
  if (split === null) return '';
  const [height, width] = split.shape;
  const scale = Math.max(1, Math.floor(PICTURE_SIDE / Math.max(height, width)));
  return recordImage(split, index, alt, scale);
}
