/** How the stages say that a parameter is wrong. Kept free of tensors: who only fetches loads no tensor library. */
import { closest, distance } from 'fastest-levenshtein';
import { StageError } from '../../../lib/stage-api/stage-error.ts';

/** The fault of a value: its path, what it is, what is allowed. */
export function invalidParameter(path: string, value: unknown, allowed: string, hint?: string): StageError {
  const found = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
  return new StageError('parameter-invalid', `parameter ${path} ${found}; allowed: ${allowed}`, {
    hint: hint ?? `change it in pipeline.yaml, or for one run with --set ${path}=VALUE`,
  });
}

/** `did you mean "mnist"?`: the known name that is a slip of the fingers away; undefined when none is. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const typed = name.toLowerCase();
  const near = closest(
    typed,
    known.map((each) => each.toLowerCase()),
  );
  const edits = distance(typed, near);
  // A name of which every letter is wrong is another name.
  if (edits > Math.max(2, name.length / 3) || edits >= name.length) return undefined;
  return `did you mean "${known.find((each) => each.toLowerCase() === near)}"?`;
}
