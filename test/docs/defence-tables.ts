/** The defence as docs/replication.md shows it, from what the stage `defend` wrote. */
import { DETECTOR_NAMES, type DetectorName } from '../../stages/common/detectors/names.ts';

interface Change {
  readonly before: number | null;
  readonly after: number | null;
}

/** Of one variant. */
export interface DefenceNumbers {
  readonly records: number;
  readonly poison: number;
  readonly cleanRemoved: number;
  readonly poisonRemoved: number;
  readonly detectors: Readonly<Record<DetectorName, { readonly auroc: number; readonly tprAt1: number } | null>>;
  readonly chosen: Change;
  readonly others: Change;
}

/** `nameOf`: what a variant is called. */
export function defenceTables(
  variants: Readonly<Record<string, DefenceNumbers>>,
  nameOf: (variant: string) => string,
): string {
  const rows = Object.entries(variants);
  return [
    row(['', 'reading', ...DETECTOR_NAMES]),
    row(['---', '---', ...DETECTOR_NAMES.map(() => '---')]),
    ...rows.map(([variant, { detectors }]) =>
      row([variant, nameOf(variant), ...DETECTOR_NAMES.map((name) => rates(detectors[name]))]),
    ),
    '',
    row(['', 'poison removed', 'clean removed', 'chosen', 'others']),
    row(['---', '---', '---', '---', '---']),
    ...rows.map(([variant, { records, poison, poisonRemoved, cleanRemoved, chosen, others }]) =>
      row([
        variant,
        `${poisonRemoved} of ${poison}`,
        `${cleanRemoved} of ${records - poison}`,
        change(chosen),
        change(others),
      ]),
    ),
    '',
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function rates(found: { readonly auroc: number; readonly tprAt1: number } | null): string {
  return found === null ? '-' : `${found.auroc.toFixed(3)} / ${percent(found.tprAt1)}`;
}

function change({ before, after }: Change): string {
  return `${percent(before)} -> ${percent(after)}`;
}

function percent(share: number | null): string {
  return share === null ? '-' : (100 * share).toFixed(1);
}
