/** Diagnostics as text: the place, what is wrong, the line itself, and a marker under the fault. */
import type { Diagnostic } from '../model/diagnostic.ts';

const INDENT = '  ';

/**
 *     pipeline.yaml:7:14 error[unknown-input] stage "pretrain" reads "fetch.dta", which no stage produces.
 *           inputs: { data: fetch.dta }
 *                           ~~~~~~~~~   did you mean "fetch.data"?  (stage "fetch", line 4)
 *
 * One blank line between two diagnostics; no trailing newline.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join('\n\n');
}

function formatDiagnostic({ code, message, location, sourceLine, hint }: Diagnostic): string {
  const place = location === undefined ? '' : `${location.file}:${location.line}:${location.column} `;
  const lines = [`${place}error[${code}] ${message}`];
  if (location !== undefined && sourceLine !== undefined && sourceLine.trim() !== '') {
    const before = sourceLine.slice(0, location.column - 1);
    const marked = sourceLine.slice(location.column - 1, location.column - 1 + location.length);
    const marker = '~'.repeat(Math.max(1, blankOut(marked).length));
    lines.push(INDENT + sourceLine);
    lines.push(INDENT + blankOut(before) + marker + (hint === undefined ? '' : `   ${hint}`));
  } else if (hint !== undefined) {
    lines.push(INDENT + hint);
  }
  return lines.map(hideControls).join('\n');
}

/** Wide characters take two columns of a terminal, combining marks none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f000}-\u{3fffd}]/u;

/** Blanks as wide as the text; tabs stay, so that the marker lines up whatever a tab's width is. */
function blankOut(text: string): string {
  let blank = '';
  for (const character of text) {
    if (character === '\t') blank += '\t';
    else if (WIDE.test(character)) blank += '  ';
    else if (!/\p{Mn}/u.test(character)) blank += ' ';
  }
  return blank;
}

/** A file's escape sequences must not reach the terminal. */
function hideControls(line: string): string {
  return line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
