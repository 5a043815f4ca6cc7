/** `${path.to.param}` in text. `$${` is a literal `${`. */
import { err, ok, type Result } from '../base/result.ts';

/** Literal text, or the param that stands here; `source` is the placeholder as written. */
export type TemplatePart = string | { readonly param: string; readonly source: string };

/** What is wrong with the template, and the piece of text to point at. */
export interface TemplateFault {
  readonly message: string;
  readonly source: string;
}

/** Splits text into its literal parts and the params between them. */
export function parseTemplate(text: string): Result<readonly TemplatePart[], TemplateFault> {
  if (!text.includes('${')) return ok([text]);
  const parts: TemplatePart[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end < 0) return err({ message: '"${" has no "}".', source: text.slice(at) });
      const source = text.slice(at, end + 1);
      const param = source.slice(2, -1).trim();
      if (!/^[^\s${}]+$/.test(param)) return err({ message: `"${source}" does not name a param.`, source });
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ param, source });
      at = end + 1;
    } else {
      literal += text[at++];
    }
  }
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return ok(parts);
}

/** Text that, read as a template, is `text` itself. */
export function escapeTemplate(text: string): string {
  return text.replaceAll('${', '$$$${');
}
