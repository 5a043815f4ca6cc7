/** What the study has measured: its cells, gathered by what was varied, with mean and spread over the seeds. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ContextMember } from '../../../lib/stage-api/context-file.ts';
import { EVALUATION, RATE, readEvaluation } from '../evaluation.ts';
import { spreadOf, type Spread } from './spread.ts';

const POINT = z.object({ step: z.number(), chosen: RATE, others: RATE });
const EVALUATION_WITH_WAY = EVALUATION.extend({ trajectory: z.array(POINT) });

export interface Cell extends z.infer<typeof EVALUATION_WITH_WAY> {
  readonly seed: number;
}

/** All seeds of one variant, chosen class and N'. */
export interface Group {
  readonly variant: string;
  readonly name: string;
  readonly meaning: string;
  readonly chosen: number;
  readonly poisons: number;
  readonly seeds: readonly number[];
  readonly before: { readonly total: number; readonly chosen: number; readonly others: number };
  readonly total: Spread;
  /** Recall of the chosen class on the test data. */
  readonly recall: Spread;
  /** Mean recall of the other classes. */
  readonly others: Spread;
  /** Mean L2, pixels in [0, 1] and in 0..255. */
  readonly distortion: { readonly unit: number; readonly pixel: number };
  /** Seeds for which the model gives one answer to every image. */
  readonly collapsed: readonly number[];
}

/** Of the paper's Table 4, fractions in [0, 1]; distortion as L2, pixels in [0, 1]. */
export interface Target {
  readonly before: number;
  readonly total: number;
  readonly recall: number;
  readonly others: number;
  readonly distortion: number;
}

/** Throws StageError `evaluation-corrupt`. */
export function readCells(members: readonly ContextMember[]): Cell[] {
  return members.map(({ path, coordinates }) => ({
    ...readEvaluation(EVALUATION_WITH_WAY, JSON.parse(readFileSync(path, 'utf8')), path),
    seed: Number(coordinates['seed'] ?? 1),
  }));
}

/** In the order of the cells. A class without test records has recall 0 here: no dataset of the study has one. */
export function groupCells(cells: readonly Cell[]): Group[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.variant} ${cell.chosen} ${cell.poisons}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].map((seeds) => {
    const first = seeds[0] as Cell;
    return {
      variant: first.variant,
      name: first.name,
      meaning: first.meaning,
      chosen: first.chosen,
      poisons: first.poisons,
      seeds: seeds.map(({ seed }) => seed),
      before: { total: first.before.total, chosen: first.before.chosen ?? 0, others: first.before.others ?? 0 },
      total: spreadOf(seeds.map(({ after }) => after.total)),
      recall: spreadOf(seeds.map(({ after }) => after.chosen ?? 0)),
      others: spreadOf(seeds.map(({ after }) => after.others ?? 0)),
      distortion: {
        unit: spreadOf(seeds.map(({ distortion }) => distortion.unit)).mean,
        pixel: spreadOf(seeds.map(({ distortion }) => distortion.pixel)).mean,
      },
      collapsed: seeds.filter(({ after }) => after.isConstant).map(({ seed }) => seed),
    };
  });
}

/** How far a group's mean lies from the paper's (chosen, others), in percentage points: the length of the difference. */
export function distanceTo(target: Target, { recall, others }: Pick<Group, 'recall' | 'others'>): number {
  return 100 * Math.hypot(recall.mean - target.recall, others.mean - target.others);
}

/** The variant's cells for one class as N' grows. */
export function sweepOf(groups: readonly Group[], variant: string, chosen: number): Group[] {
  return groups
    .filter((group) => group.variant === variant && group.chosen === chosen)
    .sort((a, b) => a.poisons - b.poisons);
}
