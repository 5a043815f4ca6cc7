/** Ctrl-C: the first stops cleanly, the second at once. */
import type { TextSink } from '../report/reporter.ts';
import { EXIT } from './exit-codes.ts';

export interface Interrupts {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Gives the signals back to whoever had them. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `killAll`: ends every stage process without waiting; called on the second signal, just before this process ends. */
export function catchInterrupts(err: TextSink, killAll: () => void): Interrupts {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      killAll();
      process.exit(EXIT.interrupted);
    }
    err.line('interrupted: stopping the running stages; Ctrl-C again kills them at once');
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
