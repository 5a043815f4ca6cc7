/** The two ways to fail: the world is not as it must be (UserError), or this program is wrong (InternalError). */

/** Disk, lock, network, damaged store: something the user can act on. `code` has its line in docs/errors.md. */
export class UserError extends Error {
  readonly code: string;
  /** The next thing to do or type. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UserError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** A bug in Assay. The message says what was expected and what came. */
export class InternalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InternalError';
  }
}

/** Ends every switch over a union: the compiler proves that no case is missing. */
export function unreachable(value: never): never {
  throw new InternalError(`unreachable: got ${JSON.stringify(value)}`);
}

/** The `code` of a Node system error (ENOENT, EACCES, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
