/** What can be wrong with an execution, in the words that the user reads. */
import prettyMilliseconds from 'pretty-ms';
import { UserError } from '../base/errors.ts';
import type { ExecutionEnd } from '../model/run.ts';
import type { StageInstance } from '../model/stage.ts';
import type { ProcessEnd } from './run-process.ts';

export interface Problem {
  readonly status: Exclude<ExecutionEnd['status'], 'ok' | 'lost'>;
  /** One line in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** Undefined where the log says more than we can. */
  readonly hint: string | undefined;
  /** Whether another attempt could end otherwise. */
  readonly mayRetry: boolean;
}

const RETRIED_CODES = /^(stage-|output-)/;

/** Null when the process ended well. */
export function judgeEnd(instance: StageInstance, end: ProcessEnd): Problem | null {
  const { id, timeoutMs } = instance;
  switch (end.how) {
    case 'not-started':
      return notStarted(instance, end.startError ?? 'unknown');
    case 'aborted':
      return {
        status: 'interrupted',
        code: 'stage-interrupted',
        message: `${id} was stopped`,
        hint: 'run again: its checkpoint, if it made one, is kept',
        mayRetry: false,
      };
    case 'timed-out':
      return {
        status: 'timed-out',
        code: 'stage-timed-out',
        message: `${id} ran longer than its timeout of ${prettyMilliseconds(timeoutMs ?? 0)} and was stopped`,
        hint: undefined,
        mayRetry: true,
      };
    case 'exited': {
      if (end.exitCode === 0) return null;
      const memory = end.signal === 'SIGKILL' ? '; the system does that when memory runs out' : '';
      const message = end.signal === null ? `exited with code ${end.exitCode}` : `was ended by ${end.signal}${memory}`;
      return { status: 'failed', code: 'stage-failed', message: `${id} ${message}`, hint: undefined, mayRetry: true };
    }
  }
}

/** A fault that was found before or after the process ran. */
export function problemOf(error: UserError): Problem {
  const { code, message, hint } = error;
  const status = code === 'tainted-by-edit' || code === 'expectation-failed' ? code : 'failed';
  return { status, code, message, hint, mayRetry: RETRIED_CODES.test(code) };
}

export function editedBeforeStart(paths: readonly string[]): UserError {
  return new UserError(
    'tainted-by-edit',
    `${paths.join(', ')} changed after the run had begun, before the stage started`,
    {
      hint: 'run again, to use what is there now',
    },
  );
}

export function editedWhileRunning(paths: readonly string[]): UserError {
  return new UserError(
    'tainted-by-edit',
    `${paths.join(', ')} changed while the stage ran: its result belongs to neither version and is not kept`,
    { hint: 'run again, to use what is there now' },
  );
}

function notStarted({ id, program }: StageInstance, startError: string): Problem {
  const name = program.kind === 'command' ? program.argv[0] : program.kind === 'shell' ? '/bin/sh' : 'node';
  const problem = { status: 'failed', mayRetry: false } as const;
  switch (startError) {
    case 'ENOENT':
      return {
        ...problem,
        code: 'program-missing',
        message: `${id} could not start: there is no program "${name}"`,
        hint: name.includes('/')
          ? `add ${name.replace(/^\.\//, '')} to files: of the stage, or correct its path`
          : `install ${name}, or add its folder to PATH`,
      };
    case 'EACCES':
    case 'ENOEXEC':
      return {
        ...problem,
        code: 'program-not-executable',
        message: `${id} could not start: "${name}" may not be executed (${startError})`,
        hint: `run it through its interpreter, as in [python3, ${name}], or make it executable: chmod +x ${name}`,
      };
    default:
      return {
        ...problem,
        code: 'program-not-started',
        message: `${id} could not start "${name}": ${startError}`,
        hint: 'see errno(3) for what the system means by that',
      };
  }
}
