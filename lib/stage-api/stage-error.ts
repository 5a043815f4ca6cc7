/** A fault that the reader of the log can act on, as a stage says it: printed without a stack. */

/** Thrown by a stage program or by this folder. `runStage` prints it as `code: message`, then the hint, and exits with 1. */
export class StageError extends Error {
  readonly code: string;
  /** The next thing to do or type. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StageError';
    this.code = code;
    this.hint = options.hint;
  }
}

/**
 * What `runStage` prints of whatever was thrown. An error with `code` and `hint` (StageError, the engine's UserError, a stage's
 * own) is meant for people; everything else, system errors included, is a fault of the program and keeps its stack and causes.
 */
export function formatError(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  if (!('code' in error && typeof error.code === 'string' && 'hint' in error)) return formatStack(error);
  const line = `${error.code}: ${error.message}`;
  return typeof error.hint === 'string' ? `${line}\n  ${error.hint}` : line;
}

function formatStack(error: Error): string {
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? stack : `${stack}\ncaused by ${formatError(error.cause)}`;
}
