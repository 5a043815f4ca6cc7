/** Columns of text, aligned by what the eye sees. */
import { stripVTControlCharacters } from 'node:util';

/** The columns a text takes: colour codes take none. */
export function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Pads to `width` with spaces on the right; longer text stays whole. */
export function padVisible(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleWidth(text)));
}

/** Cuts to `width`, ending in `…`. For plain text only: a cut colour code would bleed into the rest of the line. */
export function cutTo(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** One line of what may hold line breaks or terminal controls: a program's words must not move the cursor. */
export function singleLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim();
}

/** Rows to lines: every column as wide as its widest cell, two spaces between, nothing trailing. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  options: { right?: readonly number[] } = {},
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, visibleWidth(cell))));
  }
  const right = new Set(options.right);
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat((widths[column] ?? 0) - visibleWidth(cell));
        return right.has(column) ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd(),
  );
}
