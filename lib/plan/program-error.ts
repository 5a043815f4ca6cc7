/** What esbuild finds wrong with a program, as a located message for its author. */
import type { BuildFailure, Message } from 'esbuild';
import { UserError } from '../base/errors.ts';

const MOST_SHOWN = 5;

/** Set as a message's `detail` by our own plugin, to give the error a code of its own. */
export interface ErrorDetail {
  readonly code: string;
  readonly hint: string;
}

/** Undefined when the error is not one of a build: a bug, or a binary that does not start. */
export function programError(program: string, error: unknown): UserError | undefined {
  if (!isBuildFailure(error)) return undefined;
  const shown = error.errors.slice(0, MOST_SHOWN).map(formatMessage);
  const rest = error.errors.length - shown.length;
  const detail = error.errors.map((message) => message.detail as ErrorDetail | undefined).find((d) => d?.code);
  return new UserError(
    detail?.code ?? 'program-broken',
    [`${program} cannot be built`, ...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'),
    { hint: detail?.hint ?? 'correct the lines above and run again' },
  );
}

/**
 * stages/poison.ts:3:22 error: no such file: ./trigger.ts
 *       import { stamp } from './trigger.ts';
 *                             ~~~~~~~~~~~~~~
 */
function formatMessage({ text, location }: Message): string {
  if (location === null) return `error: ${text}`;
  // esbuild counts columns from 0 and in bytes; editors count from 1 and in characters.
  const line = Buffer.from(location.lineText, 'utf8');
  const before = line.subarray(0, location.column).toString('utf8');
  const marked = line.subarray(location.column, location.column + location.length).toString('utf8');
  const indent = ' '.repeat(6);
  return [
    `${location.file}:${location.line}:${before.length + 1} error: ${text}`,
    indent + location.lineText,
    indent + before.replace(/[^\t]/g, ' ') + '~'.repeat(Math.max(1, marked.length)),
  ].join('\n');
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length > 0;
}
