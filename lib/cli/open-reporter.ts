/** Chooses how a run is shown. */
import { JsonLines } from '../report/json-lines.ts';
import { PlainLines } from '../report/plain-lines.ts';
import type { Reporter, ReporterOptions } from '../report/reporter.ts';

/** Bars only where they can be drawn: on a terminal that can move its cursor. Their library is loaded only there. */
export async function openReporter(
  options: ReporterOptions,
  isJson: boolean,
  env: NodeJS.ProcessEnv,
): Promise<Reporter> {
  const { terminal } = options;
  if (isJson) return new JsonLines(terminal.out);
  if (!terminal.err.isTerminal || env.TERM === 'dumb' || env.CI) return new PlainLines(options);
  const { Bars } = await import('../report/bars.ts');
  return new Bars(options, process.stderr);
}
