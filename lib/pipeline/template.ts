/** `${path.to.param}` in text. `$${` is a literal `${`. */
import { err, ok, type Result } from '../base/result.ts';

/** Literal text, or the param that stands here; `source` is the placeholder as written. */
export type TemplatePart = string | ParamPart;

/** `path`: the param's dotted path in parts, since a param's value may be a key of it: `readings.${attack.variant}.label`. */
export interface ParamPart {
  readonly path: readonly TemplatePart[];
  readonly source: string;
}

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
      const param = parseParam(text, at);
      if (!param.ok) return param;
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(param.value);
      at += param.value.source.length;
    } else {
      literal += text[at++];
    }
  }
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return ok(parts);
}

/** The placeholder that begins at `start`, up to the `}` that is its own. */
function parseParam(text: string, start: number): Result<ParamPart, TemplateFault> {
  const path: TemplatePart[] = [];
  let name = '';
  let at = start + 2;
  while (at < text.length && text[at] !== '}') {
    if (!text.startsWith('${', at)) {
      name += text[at++];
      continue;
    }
    const inner = parseParam(text, at);
    if (!inner.ok) return inner;
    path.push(name, inner.value);
    name = '';
    at += inner.value.source.length;
  }
  if (at >= text.length) return err({ message: '"${" has no "}".', source: text.slice(start) });
  const source = text.slice(start, at + 1);
  path.push(name);
  path[0] = (path[0] as string).trimStart();
  path.push((path.pop() as string).trimEnd());
  const isName = path.every((part, i) => typeof part !== 'string' || (part === '' ? i > 0 : /^[^\s${}]+$/.test(part)));
  if (!isName) return err({ message: `"${source}" does not name a param.`, source });
  // So that what a text may depend on is known without its values: the map that is looked into.
  if (path.length > 1 && !(path[0] as string).includes('.')) {
    return err({ message: `"${source}" names no map to look into; write \${map.\${key}}.`, source });
  }
  return ok({ path: path.filter((part) => part !== ''), source });
}

/** Text that, read as a template, is `text` itself. */
export function escapeTemplate(text: string): string {
  return text.replaceAll('${', '$$$${');
}
