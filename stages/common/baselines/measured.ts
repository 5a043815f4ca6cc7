/** What the stages that attack have measured, as the table reads it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StageError } from '../../../lib/stage-api/stage-error.ts';

export const TRAINING = z.object({ accuracy: z.number(), diverged: z.boolean() });

const ON_SVM = z.object({ loss: z.number(), error: z.number() });
export const SVM_ATTACK = z.object({
  kernel: z.string(),
  classes: z.array(z.string()),
  training: z.number(),
  testRecords: z.number(),
  draws: z.number(),
  clean: ON_SVM,
  attacked: z.array(ON_SVM).min(1),
  flipped: z.array(ON_SVM).min(1),
});

const ON_MODEL = z.object({ loss: z.number(), accuracy: z.number() });
const HARM = z.object({ first: ON_MODEL, last: ON_MODEL });
export const GENERATION = z.object({
  count: z.number(),
  steps: z.number(),
  before: ON_MODEL,
  after: z.object({ 'true-label': HARM, 'wrong-label': HARM, direct: HARM, generated: HARM }),
  gradientsPerRecord: z.object({ direct: z.number(), generated: z.number(), generatorTraining: z.number() }),
});

const MOVE = z.object({ success: z.number(), distortion: z.object({ unit: z.number() }) });
export const EVASION = z.object({
  aim: z.string(),
  images: z.number(),
  carliniWagner: MOVE,
  signStep: MOVE,
});

export interface Baselines {
  readonly unflipped: z.infer<typeof TRAINING>;
  /** By the fraction of wrong labels, ascending. */
  readonly flipped: readonly { readonly fraction: number; readonly training: z.infer<typeof TRAINING> }[];
  readonly svms: readonly z.infer<typeof SVM_ATTACK>[];
  readonly generation: z.infer<typeof GENERATION>;
  readonly evasions: readonly z.infer<typeof EVASION>[];
}

/** Throws StageError `baseline-corrupt`. */
export function readMeasured<T extends z.ZodType>(path: string, schema: T, stage: string): z.infer<T> {
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StageError('baseline-corrupt', `${path} at "${issue?.path.join('.')}": ${issue?.message}`, {
    hint: `give the input the metrics of the stage ${stage}`,
  });
}
