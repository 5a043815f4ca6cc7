/** The scores of all detectors as a file: JSON, one number a record and detector. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { StageError } from '../../../lib/stage-api/stage-error.ts';
import { DETECTOR_NAMES, type DetectorName, type Scores } from './names.ts';

const SCORES = z.strictObject({
  format: z.literal('assay-scores/v1'),
  records: z.int().nonnegative(),
  scores: z.record(z.enum(DETECTOR_NAMES), z.array(z.number())),
});

export function writeScores(path: string, records: number, scores: Readonly<Record<DetectorName, Scores>>): void {
  // JSON has no Infinity: a loss without bound is the largest number.
  const finite = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  const plain = Object.fromEntries(DETECTOR_NAMES.map((name) => [name, Array.from(scores[name], finite)]));
  writeFileSync(path, `${JSON.stringify({ format: 'assay-scores/v1', records, scores: plain })}\n`);
}

/** Throws StageError `scores-corrupt` when the file is none, or speaks of another number of records. */
export function readScores(path: string, records: number): Record<DetectorName, Scores> {
  const fail = (what: string, cause?: unknown): StageError =>
    new StageError('scores-corrupt', `${path}: ${what}.`, {
      hint: 'give the input `scores` the output of the stage detect for the same data: detect.scores',
      cause,
    });
  let parsed;
  try {
    parsed = SCORES.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw fail('not the scores of stage detect', cause);
  }
  if (parsed.records !== records) throw fail(`scores of ${parsed.records} records, but the data has ${records}`);
  const entries = DETECTOR_NAMES.map((name) => {
    const values = parsed.scores[name];
    if (values.length !== records) throw fail(`${values.length} scores of ${name} for ${records} records`);
    return [name, Float64Array.from(values)] as const;
  });
  return Object.fromEntries(entries) as Record<DetectorName, Scores>;
}
