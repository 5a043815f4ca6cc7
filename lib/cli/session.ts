/** What a command knows of the world it was called in. */
import type { Clock } from '../base/clock.ts';
import type { Terminal } from '../report/reporter.ts';

export interface Session {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Without the interpreter and the program. */
  readonly argv: readonly string[];
  /** `--project`, as given. */
  readonly projectOption: string | undefined;
}
