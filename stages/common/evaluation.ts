/** What the stage evaluate measured, as the stages that gather it read it. */
import { z } from 'zod';
import { StageError } from '../../lib/stage-api/stage-error.ts';

export const RATE = z.number().nullable();
const ACCURACY = z.object({ total: z.number(), chosen: RATE, others: RATE, isConstant: z.boolean() });

export const EVALUATION = z.object({
  variant: z.string(),
  name: z.string(),
  meaning: z.string(),
  chosen: z.number(),
  poisons: z.number(),
  before: ACCURACY,
  after: ACCURACY,
  distortion: z.object({ unit: z.number(), pixel: z.number() }),
});

/** Takes of a metrics file of stage evaluate what the schema names. Throws StageError `evaluation-corrupt`. */
export function readEvaluation<S extends typeof EVALUATION>(schema: S, json: unknown, path: string): z.infer<S> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data as z.infer<S>;
  const [issue] = parsed.error.issues;
  throw new StageError('evaluation-corrupt', `${path} at "${issue?.path.join('.')}": ${issue?.message}`, {
    hint: 'give the input `evaluations` the metrics of the stage evaluate: evaluate[*].metrics',
  });
}
