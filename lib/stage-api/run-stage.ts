/** The frame around a stage program: its context in, its exit code out. */
import { writeSync } from 'node:fs';
import { readContext, type StageContext } from './context.ts';
import { MESSAGES_VARIABLE } from './context-file.ts';
import { formatError } from './stage-error.ts';

/**
 * Runs the body of a stage and ends the process: 0 when it returns, 1 when it throws. Call it once, last in the file.
 * The process also ends when the engine that started it dies, as nobody would collect the result.
 */
export async function runStage(main: (context: StageContext) => Promise<void> | void): Promise<void> {
  exitWithEngine();
  let isSettled = false;
  process.once('exit', (code) => {
    if (isSettled || code !== 0) return;
    // Node ends with 0 when nothing is left to wait for, even if `main` still waits for something that cannot come.
    writeError(
      'stage-unfinished: the program ended before its work did: it waits for something that can no longer happen.',
    );
    process.exitCode = 1;
  });
  try {
    await main(readContext());
    isSettled = true;
  } catch (error) {
    isSettled = true;
    writeError(formatError(error));
    process.exit(1);
  }
  // Not left to happen by itself: an open handle, such as a worker thread of a tensor backend, would keep the process.
  process.exit(0);
}

/** The engine holds the other end of stdin open and never writes to it: its end is the engine's death. */
function exitWithEngine(): void {
  if (process.env[MESSAGES_VARIABLE] === undefined) return;
  process.stdin.once('end', () => process.exit(1));
  process.stdin.once('error', () => process.exit(1));
  process.stdin.resume();
  // Watching must not keep a program alive that has nothing else to do.
  if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref();
}

function writeError(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // The log's reader is gone with the engine; the exit code still says what happened.
  }
}
