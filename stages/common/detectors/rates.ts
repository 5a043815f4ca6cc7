/** How well scores tell poison from clean records, once one knows which is which. */
import type { Scores } from './names.ts';

/** Fractions, 0 to 1. */
export interface Rates {
  /** Area under the ROC curve: the chance that a poisoned record scores above a clean one, ties half. 0.5: no better than a coin. */
  readonly auroc: number;
  /** Average precision over the ranking; ties in one step. The share of poison for scores that say nothing. */
  readonly auprc: number;
  /** Share of the poison found when at most so many of the clean records are accused. */
  readonly tprAt0_1: number;
  readonly tprAt1: number;
  readonly tprAt5: number;
  /** Of as many records as there is poison, the highest scores: the share that is poison. Ties share their places. */
  readonly precisionAtCount: number;
}

/** Null when there is no poison, or nothing else. */
export function ratesOf(scores: Scores, isPoison: readonly boolean[]): Rates | null {
  const poison = isPoison.filter(Boolean).length;
  const clean = isPoison.length - poison;
  if (poison === 0 || clean === 0) return null;

  let [truePositives, falsePositives, area, precision, atCount] = [0, 0, 0, 0, 0];
  const found: { readonly fpr: number; readonly tpr: number }[] = [];
  for (const group of descendingGroups(scores)) {
    const hits = group.filter((record) => isPoison[record]).length;
    const misses = group.length - hits;
    area += misses * (truePositives + hits / 2);
    const open = Math.max(0, Math.min(group.length, poison - truePositives - falsePositives));
    atCount += (open / group.length) * hits;
    truePositives += hits;
    falsePositives += misses;
    precision += (hits / poison) * (truePositives / (truePositives + falsePositives));
    found.push({ fpr: falsePositives / clean, tpr: truePositives / poison });
  }
  const tprAt = (fpr: number): number =>
    Math.max(0, ...found.filter((point) => point.fpr <= fpr).map(({ tpr }) => tpr));
  return {
    auroc: area / (poison * clean),
    auprc: precision,
    tprAt0_1: tprAt(0.001),
    tprAt1: tprAt(0.01),
    tprAt5: tprAt(0.05),
    precisionAtCount: atCount / poison,
  };
}

/** Records with equal scores together, highest first. */
export function descendingGroups(scores: Scores): number[][] {
  const order = Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const groups: number[][] = [];
  for (const record of order) {
    const last = groups.at(-1);
    if (last !== undefined && scores[last[0] as number] === scores[record]) last.push(record);
    else groups.push([record]);
  }
  return groups;
}
