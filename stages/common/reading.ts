/**
 * How a variant reads the paper. Kwon, Yoon and Park (2019) do not say which label X' carries, nor whether M is trained anew or
 * further, nor clearly which images are its sources; each reading is one choice of these. pipeline.yaml names them, V0 to K3.
 * A stage is told only the choices that it acts on, so that variants which part later share what comes before.
 */
import { z } from 'zod';
import type { StageContext } from '../../lib/stage-api/context.ts';
import { readParameters } from './parameters/read.ts';

const oneOf = <const T extends readonly string[]>(...allowed: T) =>
  z.enum(allowed, { error: `one of ${allowed.join(', ')}` });

const READING = z.strictObject({
  /** At most 22 characters, for tables. */
  name: z.string().min(1, { error: 'a short name' }),
  /** One line that says what is done. */
  meaning: z.string().min(1, { error: 'a line that says what is done' }),
  /** Whose images are taken: of class y', of all classes, of all classes but y'; `none`: no poison. */
  source: oneOf('chosen', 'all', 'others', 'none'),
  /** What moves the pixels (attack-options.ts); `none`: nothing does. */
  objective: oneOf('margin-away', 'equation-1', 'margin-toward', 'pgd-l2', 'none'),
  /** What is done with the moved pixels: stored; dropped for the source's own; replaced by noise of the same length. */
  pixels: oneOf('optimised', 'original', 'noise'),
  /** Under which label: y', their own, the one that M gives the finished poison, a random one other than y', the one after y'. */
  label: oneOf('chosen', 'original', 'recognised', 'random-other', 'next-class'),
  /** X + X', or X with each source replaced by its poison. */
  merge: oneOf('append', 'replace'),
  /** On what M is trained: anew on the merged data, further on it, further on X' alone. */
  training: oneOf('scratch', 'continue-merged', 'continue-poison'),
  /** `as-trained`: the parameters `train` or `retrain`; `literal`: rate 0.1 and momentum 0.9 of Table A2. */
  optimiser: oneOf('as-trained', 'literal'),
});

export type Reading = z.infer<typeof READING>;

/** The named choices, which the stage's params list one by one: `reading.label`. Throws as readParameters. */
export function readReading<K extends keyof Reading>(
  context: StageContext,
  ...choices: readonly K[]
): Pick<Reading, K> {
  const schemas = Object.fromEntries(choices.map((choice) => [`reading.${choice}`, READING.shape[choice]]));
  const values = readParameters(context, schemas);
  return Object.fromEntries(choices.map((choice) => [choice, values[`reading.${choice}`]])) as unknown as Pick<
    Reading,
    K
  >;
}
