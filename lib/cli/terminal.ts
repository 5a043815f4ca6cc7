/** The process's streams as commands see them. */
import type { Terminal, TextSink } from '../report/reporter.ts';
import { makeColors } from '../report/colors.ts';
import { systemErrorCode } from '../base/errors.ts';

/** Colours: off with NO_COLOR, on with FORCE_COLOR, else on a terminal that can show them (no-color.org; NO_COLOR wins). */
export function openTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  return { out: openSink(stdout, env), err: openSink(stderr, env) };
}

function openSink(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): TextSink {
  let isOpen = true;
  stream.on('error', (error) => {
    // The reader has left, as in `assay log | head`: the rest is not wanted, and that is no fault.
    if (systemErrorCode(error) !== 'EPIPE') throw error;
    isOpen = false;
  });
  const write = (bytes: string | Uint8Array): void => {
    if (isOpen) stream.write(bytes);
  };
  return {
    isTerminal: stream.isTTY === true,
    // A new terminal without a size says 0.
    columns: stream.columns || 80,
    colors: makeColors(wantsColors(stream, env)),
    write,
    line: (text) => write(`${text}\n`),
  };
}

function wantsColors(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}
