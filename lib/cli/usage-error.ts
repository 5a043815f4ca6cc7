/** The faults that end a command with exit code 2. */
import { UserError } from '../base/errors.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Result } from '../base/result.ts';

/** What the command line asks for cannot be: an unknown stage, run or artifact, a target that is there already. */
export class UsageError extends UserError {}

/** A pipeline file, or what the command line sets in it, is wrong. Carries all that is wrong. */
export class PipelineError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ message }) => message).join('\n'));
    this.name = 'PipelineError';
    this.diagnostics = diagnostics;
  }
}

/** The value, or all diagnostics thrown as one PipelineError. */
export function orThrow<T>(result: Result<T, readonly Diagnostic[]>): T {
  if (!result.ok) throw new PipelineError(result.error);
  return result.value;
}
