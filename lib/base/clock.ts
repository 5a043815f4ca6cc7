/** The one owner of time. Everything else takes a Clock. */

export interface Clock {
  /** Milliseconds since 1970, for the record of what happened when. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start that never run backwards, for durations. */
  elapsedMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
};
