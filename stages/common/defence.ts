/** The defence as a table: how well each detector found each variant's poison, and what training without the suspects gave back. */
import { z } from 'zod';
import type { ContextMember } from '../../lib/stage-api/context-file.ts';
import { StageError } from '../../lib/stage-api/stage-error.ts';
import { change, percent } from './comparison.ts';
import { DETECTOR_NAMES } from './detectors/names.ts';

const RATES = z.object({ auroc: z.number(), auprc: z.number(), tprAt1: z.number() }).nullable();
const ASSESSMENT = z.object({
  records: z.number(),
  poison: z.number(),
  cleanRemoved: z.number(),
  poisonRemoved: z.number(),
  detectors: z.record(z.enum(DETECTOR_NAMES), RATES),
});
const ACCURACY = z.object({ chosen: z.number().nullable(), others: z.number().nullable() });
const RECOVERY = z.object({
  variant: z.string(),
  name: z.string(),
  chosen: z.number(),
  before: ACCURACY,
  after: ACCURACY,
});

export interface Defence {
  readonly assessment: z.infer<typeof ASSESSMENT>;
  readonly recovery: z.infer<typeof RECOVERY>;
  readonly coordinates: ContextMember['coordinates'];
}

/** Takes what the table needs of the metrics of stage assess and of stage reevaluate. Throws StageError `assessment-corrupt`. */
export function readDefence(assessment: unknown, recovery: unknown, path: string): Omit<Defence, 'coordinates'> {
  const [first, second] = [ASSESSMENT.safeParse(assessment), RECOVERY.safeParse(recovery)];
  const issue = first.error?.issues[0] ?? second.error?.issues[0];
  if (first.success && second.success) return { assessment: first.data, recovery: second.data };
  throw new StageError('assessment-corrupt', `${path} at "${issue?.path.join('.')}": ${issue?.message}`, {
    hint: 'give the inputs assess[*].metrics and reevaluate[*].metrics',
  });
}

/** Each row's variant, and where a variant has several rows what tells them apart: `V7 seed=2`. */
export function nameRows(rows: readonly Pick<Defence, 'recovery' | 'coordinates'>[]): string[] {
  return rows.map(({ recovery: { variant }, coordinates }) => {
    const others = rows.filter(({ recovery }) => recovery.variant === variant).map((row) => row.coordinates);
    const differing = Object.entries(coordinates).filter(([axis, value]) => others.some((row) => row[axis] !== value));
    return [variant, ...differing.map(([axis, value]) => `${axis}=${value}`)].join(' ');
  });
}

/** `names`: of the rows, see nameRows. At most 100 columns wide. */
export function formatDefence(rows: readonly Defence[], names: readonly string[]): string {
  const name = (row: Defence): string =>
    `${names[rows.indexOf(row)]?.padEnd(4)} ${row.recovery.name}`.slice(0, 26).padEnd(26);
  const width = (detector: string): number => Math.max(detector.length, 9);
  const cell = (row: Defence, detector: (typeof DETECTOR_NAMES)[number]): string => {
    const rates = row.assessment.detectors[detector];
    return rates === null ? '-' : `${rates.auroc.toFixed(3)} ${percent(rates.tprAt1)}`;
  };
  const line = (cells: string[]): string => cells.join('  ').trimEnd();
  return [
    'How well each detector tells the poison from the rest: area under the ROC curve, and the percentage of',
    'the poison found when it accuses 1 % of the clean records. None is told how much poison there is.',
    '',
    line([' '.repeat(26), ...DETECTOR_NAMES.map((detector) => short(detector).padStart(width(short(detector))))]),
    ...rows.map((row) =>
      line([name(row), ...DETECTOR_NAMES.map((detector) => cell(row, detector).padStart(width(short(detector))))]),
    ),
    '',
    'Trained anew without the suspects, percent of the test set: chosen class, others.',
    '',
    line([' '.repeat(26), 'poison removed', 'clean removed', '     chosen', '     others']),
    ...rows.map((row) => {
      const { poison, poisonRemoved, cleanRemoved, records } = row.assessment;
      const { before, after } = row.recovery;
      return line([
        name(row),
        `${poisonRemoved} of ${poison}`.padStart(14),
        `${cleanRemoved} of ${records - poison}`.padStart(13),
        change(before.chosen, after.chosen).padStart(11),
        change(before.others, after.others).padStart(11),
      ]);
    }),
    '',
  ].join('\n');
}

function short(detector: string): string {
  return detector === 'activation-clusters' ? 'clusters' : detector;
}
