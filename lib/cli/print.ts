/** What commands print: lines, or one JSON value. */
import type { TextSink } from '../report/reporter.ts';

export function printLines(sink: TextSink, lines: readonly string[]): void {
  // In one piece: a reader that closes early closes once.
  if (lines.length > 0) sink.write(`${lines.join('\n')}\n`);
}

export function printJson(sink: TextSink, value: unknown): void {
  sink.line(JSON.stringify(value, null, 2));
}
