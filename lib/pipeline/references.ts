/** `stage.output`, `stage[*].output`, `stage[chosen=7,count=600].output` and `./path`. */

export type Reference =
  | { readonly kind: 'path'; readonly path: string }
  /** The output of the stage, or of its matching instance. */
  | { readonly kind: 'matching'; readonly stage: string; readonly output: string }
  /** The output of every instance. */
  | { readonly kind: 'all'; readonly stage: string; readonly output: string }
  /** The output of the instance with this label. */
  | { readonly kind: 'chosen'; readonly stage: string; readonly output: string; readonly label: string };

/** Brackets first, for values with dots; then the first dot, for outputs with dots. */
const REFERENCE = /^([^.[\]]+)(?:\[([^[\]]*)\])?\.(.+)$/;

/** Undefined when the text has none of the four forms. Whether it names anything is not looked at. */
export function parseReference(text: string): Reference | undefined {
  if (text === '.' || text === '..' || text.startsWith('./') || text.startsWith('../'))
    return { kind: 'path', path: text };
  const match = REFERENCE.exec(text);
  if (match === null) return undefined;
  const [, stage, label, output] = match as unknown as [string, string, string | undefined, string];
  if (label === undefined) return { kind: 'matching', stage, output };
  return label === '*' ? { kind: 'all', stage, output } : { kind: 'chosen', stage, output, label };
}
