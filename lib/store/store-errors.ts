/** The system's errors in the user's words. */
import { systemErrorCode, UserError } from '../base/errors.ts';

/**
 * Runs `work`; a system error becomes a UserError that says what could not be done, where and what to do. Other errors pass.
 * `path` is named when the error itself names none.
 */
export function guarded<T>(doing: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUserError(error, doing, path);
  }
}

/** The UserError for a system error; anything else unchanged. */
export function asUserError(error: unknown, doing: string, path: string): unknown {
  const code = systemErrorCode(error);
  // `syscall` tells the system's errors from Node's own (ERR_…), which are bugs here.
  if (code === undefined || !(error instanceof Error) || !('syscall' in error)) return error;
  const where = 'path' in error && typeof error.path === 'string' ? error.path : path;
  const [fault, meaning, hint] = explain(code);
  return new UserError(fault, `cannot ${doing}: ${meaning} (${code}): ${where}`, { hint, cause: error });
}

function explain(code: string): [fault: string, meaning: string, hint: string] {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return ['store-full', 'no space left', 'Free some space, for example with "assay gc", and run again.'];
    case 'EROFS':
      return [
        'store-unwritable',
        'the file system is read-only',
        'Mount it writable, or use a copy of the project on a disk that is.',
      ];
    case 'EACCES':
    case 'EPERM':
      return [
        'store-unreadable',
        'permission denied',
        'Give your user read and write access to this path and the folders above it.',
      ];
    case 'ENOTDIR':
    case 'EEXIST':
      return [
        'store-unreadable',
        'a file is where a folder should be',
        'Move that file away; Assay creates the folder.',
      ];
    case 'EISDIR':
      return ['store-unreadable', 'a folder is where a file should be', 'Move that folder away.'];
    case 'EMFILE':
    case 'ENFILE':
      return ['store-unreadable', 'too many open files', 'Raise the limit ("ulimit -n 4096") and run again.'];
    case 'ENOENT':
      return [
        'store-unreadable',
        'it is gone',
        'Another process removed it while Assay was reading. Run again; if it stays, run "assay verify".',
      ];
    default:
      return ['store-unreadable', 'the system reports an error', 'Check the disk, then run "assay verify".'];
  }
}
