/** What a stage says while it runs: one JSON object a line, to the descriptor that the engine opened for it. */
import { writeSync } from 'node:fs';
import { MESSAGES_VARIABLE, type StageMessage } from './context-file.ts';

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** `steps`, `images`, `bytes`. */
  readonly unit: string;
  /** A few words beside the bar: `loss 0.41`. Not waited for: it changes only when the bar moves. */
  readonly label?: string;
}

/** The least step of `done / total` that is sent: 200 messages a task, finer than a terminal's bar of 100 cells shows. */
const LEAST_STEP = 0.005;

let lastSent: { readonly fraction: number; readonly total: number; readonly unit: string } | null = null;

/**
 * Reports how far the stage is. Call it as often as is convenient: what would not move the bar is dropped. A smaller fraction,
 * another total or another unit begins a new task. Does nothing when the program was started by hand.
 */
export function reportProgress(progress: Progress): void {
  const { done, total, unit, label = '' } = progress;
  const fraction = total > 0 ? done / total : 1;
  const continues = lastSent !== null && lastSent.total === total && lastSent.unit === unit;
  if (continues && lastSent !== null && fraction >= lastSent.fraction) {
    const completes = fraction >= 1 && lastSent.fraction < 1;
    if (!completes && fraction - lastSent.fraction < LEAST_STEP) return;
  }
  lastSent = { fraction, total, unit };
  send({ type: 'progress', done, total, unit, label });
}

/** Says something worth keeping: shown while the stage runs. Does nothing when the program was started by hand. */
export function reportMessage(text: string): void {
  send({ type: 'message', text });
}

function send(message: StageMessage): void {
  const fd = Number(process.env[MESSAGES_VARIABLE]);
  if (!Number.isInteger(fd) || fd < 3) return;
  const line = Buffer.from(`${JSON.stringify(message)}\n`, 'utf8');
  try {
    for (let sent = 0; sent < line.length;) sent += writeSync(fd, line, sent);
  } catch (error) {
    // The reader is gone, so the engine is: a result that nobody will collect is not worth computing. This also stops a
    // program that never returns to its event loop and so cannot see its stdin close.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') process.exit(1);
    throw error;
  }
}
