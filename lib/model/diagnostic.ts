/** What is wrong with a pipeline file, located so that an editor or a reader can go there. */

/** A place in a text file. Lines and columns count from 1; `length` is in UTF-16 units and at least 1. */
export interface SourceLocation {
  /** Relative to the project. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface Diagnostic {
  /** One line in docs/errors.md, e.g. `unknown-input`. */
  readonly code: string;
  readonly message: string;
  /** Absent when no place in a file is to blame, e.g. for a wrong `--set`. */
  readonly location?: SourceLocation;
  /** The whole line that `location` points into, for the marker under it. */
  readonly sourceLine?: string;
  /** `did you mean "mnist"? (stage "fetch", line 4)`, or the next step. */
  readonly hint?: string;
}
