/** The study as Markdown: Table 4 beside the paper's, once for each reading, Figure 2 as numbers, and the claims. */
import { percent } from '../comparison.ts';
import type { Claim } from './claims.ts';
import { distanceTo, type Group, sweepOf, type Target } from './cells.ts';
import { formatSpread } from './spread.ts';

/** Groups with the paper's class and N', nearest to the paper first; then the rest. */
export function writeTables(
  groups: readonly Group[],
  claims: readonly Claim[],
  target: Target | null,
  chosen: number,
  poisons: number,
): string {
  return [
    '## Every reading beside the paper',
    '',
    `Chosen class ${chosen}, N' = ${poisons}. Percent of the test data; mean and, with several seeds, sample deviation.`,
    '',
    ...readings(groups, target, chosen, poisons),
    '',
    "## Accuracy of the chosen class as N' grows (Figure 2)",
    '',
    ...growth(groups, chosen),
    '',
    '## Other classes',
    '',
    ...otherClasses(groups, chosen, poisons),
    ...(claims.length === 0 ? [] : ['', '## Claims', '', ...claimRows(claims)]),
    '',
  ].join('\n');
}

function readings(groups: readonly Group[], target: Target | null, chosen: number, poisons: number): string[] {
  const shown = groups.filter(
    (group) => group.chosen === chosen && (group.poisons === poisons || group.variant === 'V0'),
  );
  const ordered = target === null ? shown : [...shown].sort((a, b) => distanceTo(target, a) - distanceTo(target, b));
  const paper =
    target === null
      ? []
      : [
          row([
            'paper',
            'Table 4',
            percent(target.total),
            percent(target.recall),
            percent(target.others),
            target.distortion.toFixed(2),
            '0',
            '',
          ]),
        ];
  return [
    ...heading(['', 'reading', 'total', 'chosen', 'others', 'L2', 'points from the paper', 'seeds']),
    ...paper,
    ...ordered.map((group) =>
      row([
        group.variant,
        group.name + (group.collapsed.length === 0 ? '' : ` (one answer for all: seed ${group.collapsed.join(', ')})`),
        formatSpread(group.total),
        formatSpread(group.recall),
        formatSpread(group.others),
        group.distortion.unit.toFixed(2),
        target === null ? '' : distanceTo(target, group).toFixed(1),
        String(group.seeds.length),
      ]),
    ),
  ];
}

function growth(groups: readonly Group[], chosen: number): string[] {
  const variants = [...new Set(groups.map(({ variant }) => variant))];
  const sweeps = variants.map((variant) => sweepOf(groups, variant, chosen)).filter((sweep) => sweep.length >= 2);
  if (sweeps.length === 0) return ["N' was not varied."];
  const counts = [...new Set(sweeps.flat().map(({ poisons }) => poisons))].sort((a, b) => a - b);
  return [
    ...heading(["N'", ...sweeps.flatMap(([first]) => [`${first?.variant} chosen`, 'others'])]),
    ...counts.map((count) =>
      row([
        String(count),
        ...sweeps.flatMap((sweep) => {
          const group = sweep.find(({ poisons }) => poisons === count);
          return group === undefined ? ['', ''] : [formatSpread(group.recall), formatSpread(group.others)];
        }),
      ]),
    ),
  ];
}

function otherClasses(groups: readonly Group[], chosen: number, poisons: number): string[] {
  const variants = new Set(groups.filter((group) => group.chosen !== chosen).map(({ variant }) => variant));
  if (variants.size === 0) return ['No other class was chosen.'];
  const shown = groups.filter((group) => variants.has(group.variant) && group.poisons === poisons);
  return [
    ...heading(['reading', 'class', 'chosen', 'others', 'seeds']),
    ...shown.map(({ variant, chosen: label, recall, others, seeds }) =>
      row([variant, String(label), formatSpread(recall), formatSpread(others), String(seeds.length)]),
    ),
  ];
}

function claimRows(claims: readonly Claim[]): string[] {
  return [
    ...heading(['', 'claim', 'verdict', 'because']),
    ...claims.map(({ id, claim, verdict, because }) => row([id, claim, verdict, because])),
  ];
}

function heading(cells: readonly string[]): string[] {
  return [row(cells), row(cells.map(() => '---'))];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
