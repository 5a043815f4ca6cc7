/** Quantities as people read them: a unit, and no more digits than help. */
import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';

/** `12.4 MB`, in powers of 1000. */
export function formatSize(sizeBytes: number): string {
  return prettyBytes(sizeBytes);
}

/** `340 ms`, `8.2 s`, `2 min 3 s`, `1 h 12 min`. */
export function formatDuration(durationMs: number): string {
  // Tenths of a second say nothing beside minutes, nor do seconds beside hours.
  const text = prettyMilliseconds(Math.max(0, durationMs), {
    secondsDecimalDigits: durationMs < 60_000 ? 1 : 0,
    unitCount: 2,
  });
  return text.replaceAll(
    /(\d)(ms|[a-z])/g,
    (_, digit: string, unit: string) => `${digit} ${unit === 'm' ? 'min' : unit}`,
  );
}

/** Local time, `2025-03-04 15:06:07`: it sorts, and every locale reads it. */
export function formatMoment(atMs: number): string {
  const at = new Date(atMs);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** A measured number to four significant digits (`0.9731`); counts stay whole. */
export function formatMetric(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** `1 stage`, `7 stages`. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
