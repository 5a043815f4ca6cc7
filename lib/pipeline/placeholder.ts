/** `{inputs.NAME}`, `{outputs.NAME}` and `{context}` in commands: paths that are known only when the command runs. */

export type Placeholder =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'output'; readonly name: string }
  | { readonly kind: 'context' };

/** Only these three are placeholders: other braces belong to JSON, Python or the shell. Doubled braces make one literal. */
const PLACEHOLDER =
  /\{\{(?:inputs\.[^{}\s]+|outputs\.[^{}\s]+|context)\}\}|\{(inputs\.[^{}\s]+|outputs\.[^{}\s]+|context)\}/g;

/** The placeholders in their order, each with its text as written. */
export function findPlaceholders(text: string): { placeholder: Placeholder; source: string }[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(([source, inner]) =>
    inner === undefined ? [] : [{ placeholder: readPlaceholder(inner), source }],
  );
}

/** Puts a path in the place of each placeholder, and single braces in the place of the doubled ones around a literal. */
export function fillPlaceholders(text: string, fill: (placeholder: Placeholder) => string): string {
  return text.replace(PLACEHOLDER, (source, inner: string | undefined) =>
    inner === undefined ? source.slice(1, -1) : fill(readPlaceholder(inner)),
  );
}

/** Text that fillPlaceholders gives back unchanged: a param's value is data, whatever it looks like. */
export function escapePlaceholders(text: string): string {
  return text.replace(/\{(?:inputs\.[^{}\s]+|outputs\.[^{}\s]+|context)\}/g, '{$&}');
}

function readPlaceholder(inner: string): Placeholder {
  if (inner === 'context') return { kind: 'context' };
  const dot = inner.indexOf('.');
  return { kind: inner.startsWith('inputs') ? 'input' : 'output', name: inner.slice(dot + 1) };
}
