/** `2h`, `90s`, `15m`, `1h30m`. */

const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Node's timers hold 2^31 - 1 ms, 24.8 days; a longer one fires at once. */
const MAX_DURATION_MS = 24 * 86_400_000;

/** Milliseconds, or undefined when the text is not a duration above zero and up to 24 days. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  const durationMs = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  return durationMs > 0 && durationMs <= MAX_DURATION_MS ? durationMs : undefined;
}
