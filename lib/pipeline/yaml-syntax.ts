/** Syntax errors of YAML in the words of someone who writes a pipeline, not of someone who writes parsers. */

/** More open brackets or deeper indentation than any pipeline needs; the parser recurses and would exhaust its stack. */
const MAX_OPEN_BRACKETS = 500;
const MAX_INDENT = 1000;

/** The offset where brackets or indentation nest too deeply to be parsed, or undefined. */
export function findNestingFault(text: string): number | undefined {
  let open = 0;
  let indent = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x5b || unit === 0x7b) {
      if (++open > MAX_OPEN_BRACKETS) return i;
    } else if (unit === 0x5d || unit === 0x7d) {
      if (open > 0) open--;
    }
    // `- - - x` and `? ? x` nest without a bracket, one level for each mark.
    if (unit === 0x0a) indent = 0;
    else if (indent >= 0) indent = unit === 0x20 || unit === 0x2d || unit === 0x3f ? indent + 1 : -1;
    if (indent > MAX_INDENT) return i;
  }
  return undefined;
}

interface Wording {
  readonly message: string;
  readonly hint?: string;
}

const WORDINGS: Readonly<Record<string, Wording>> = {
  TAB_AS_INDENT: { message: 'a tab indents this line.', hint: 'YAML indents with spaces' },
  MULTIPLE_DOCS: { message: 'a second document starts here.', hint: 'keep one document: remove the "---"' },
  NON_STRING_KEY: { message: 'a key must be plain text.' },
  TAG_RESOLVE_FAILED: { message: 'this tag has no meaning here.', hint: 'remove it' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second "key:" stands on one line.',
    hint: 'quote a text that holds ": ", or start a new line',
  },
  BLOCK_IN_FLOW: { message: 'a "key:" stands inside the value of another.', hint: 'quote a text that holds ": "' },
  BAD_ALIAS: { message: 'this alias has no name.', hint: 'quote a text that starts with "*"' },
};

/** What the parser's error means. Unlisted codes keep the parser's own sentence, which is then plain enough. */
export function wordSyntaxError(code: string, message: string): Wording {
  const unclosed = /must be sufficiently indented and end with a (.)$/.exec(message)?.[1];
  if (unclosed !== undefined) {
    return {
      message: `a list or map is not closed with "${unclosed}" before this line.`,
      hint: 'close it, or indent this line',
    };
  }
  return WORDINGS[code] ?? { message: `${message.slice(0, 1).toLowerCase()}${message.slice(1).replace(/\.$/, '')}.` };
}
