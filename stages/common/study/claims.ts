/**
 * The paper's claims that numbers of one dataset can judge (Kwon, Yoon and Park 2019, sections 4 and 5). What counts as reproduced is
 * fixed here and not by the numbers: for the rest the verdict is "undetermined", and says why.
 */
import { percent } from '../comparison.ts';
import { distanceTo, type Group, sweepOf, type Target } from './cells.ts';
import { formatSpread } from './spread.ts';

export type Verdict = 'reproduced' | 'not reproduced' | 'undetermined';

export interface Claim {
  readonly id: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly because: string;
}

/** Percentage points by which a mean may miss the paper's number and still count as it. */
const NEAR = { before: 0.5, recall: 5, others: 2 };
/** Share by which a distortion may differ. */
const NEAR_DISTORTION = 0.1;
/** Fall of the chosen class, in points, from which a variant counts as an attack; fall of the others that counts as kept. */
const FALL = 10;
const KEPT = 1;

/** What the judges go by, beside the groups. */
export interface Case {
  readonly target: Target;
  readonly chosen: number;
  /** The paper's N'. */
  readonly poisons: number;
  /** Variants that train M anew, not further. */
  readonly trainedAnew: ReadonlySet<string>;
}

/** The literal reading is V1; a baseline without poison, V0, tells training anew from poisoning. */
export function judge(groups: readonly Group[], { target, chosen, poisons, trainedAnew }: Case): Claim[] {
  const atTarget = groups.filter((group) => group.chosen === chosen && group.poisons === poisons);
  return [
    judgeBefore(groups, target),
    judgeTable(atTarget, target),
    ...judgeFall(groups, chosen),
    claim('C4', 'MNIST and Fashion-MNIST fall faster than CIFAR-10', 'undetermined', 'one dataset cannot say'),
    judgeDistortion(atTarget, target),
    judgeOthers(groups, atTarget, chosen, trainedAnew),
    claim('C7', 'the noise is hard to see', 'undetermined', 'for eyes to judge: see the sample grids'),
    claim('C8', 'counts and hashes of the data defend', 'undetermined', 'judged by `assay audit`, not by accuracies'),
  ];
}

function judgeBefore(groups: readonly Group[], target: Target): Claim {
  const before = (groups[0] as Group).before.total;
  const isNear = 100 * Math.abs(before - target.before) <= NEAR.before;
  const because = `M ${percent(before)} %, paper ${percent(target.before)} %; ${NEAR.before} points are allowed`;
  return claim('C1', 'accuracy before', isNear ? 'reproduced' : 'not reproduced', because);
}

function judgeTable(atTarget: readonly Group[], target: Target): Claim {
  const title = 'Table 4: chosen class and others after';
  const literal = atTarget.find(({ variant }) => variant === 'V1');
  const nearest = nearestTo(atTarget, target);
  if (literal === undefined || nearest === undefined) return claim('C2', title, 'undetermined', 'V1 was not run');
  const say = ({ variant, recall, others }: Group): string =>
    `${variant} ${formatSpread(recall)} / ${formatSpread(others)}`;
  const because = `literal reading ${say(literal)}; nearest ${say(nearest)}, ${distanceTo(target, nearest).toFixed(1)} points away; paper ${percent(target.recall)} / ${percent(target.others)}`;
  return claim('C2', title, isNear(literal, target) ? 'reproduced' : 'not reproduced', because);
}

function isNear({ recall, others }: Group, target: Target): boolean {
  return (
    100 * Math.abs(recall.mean - target.recall) <= NEAR.recall &&
    100 * Math.abs(others.mean - target.others) <= NEAR.others
  );
}

/** The group whose (chosen, others) is nearest to the paper's. */
export function nearestTo(groups: readonly Group[], target: Target): Group | undefined {
  return [...groups].sort((a, b) => distanceTo(target, a) - distanceTo(target, b))[0];
}

/** One verdict for each variant whose N' was varied: at least four counts. */
function judgeFall(groups: readonly Group[], chosen: number): Claim[] {
  const title = "chosen-class accuracy falls with N', and faster as N' grows";
  const variants = [...new Set(groups.map(({ variant }) => variant))];
  const sweeps = variants.map((variant) => sweepOf(groups, variant, chosen)).filter((sweep) => sweep.length >= 4);
  if (sweeps.length === 0) return [claim('C3', title, 'undetermined', "N' was not varied")];
  return sweeps.map((sweep) => {
    const recalls = sweep.map(({ recall }) => recall.mean);
    const falls = recalls.slice(1).every((recall, i) => recall <= (recalls[i] as number) + KEPT / 100);
    const middle = Math.floor((sweep.length - 1) / 2);
    const [early, late] = [stretch(sweep.slice(0, middle + 1)), stretch(sweep.slice(middle))];
    const isReproduced = falls && -(early.points + late.points) >= FALL && late.slope < early.slope;
    const because = `${sweep[0]?.variant}: ${sweep.map(({ poisons, recall }) => `${poisons}: ${percent(recall.mean)}`).join(', ')}; ${early.text}, ${late.text}`;
    return claim('C3', title, isReproduced ? 'reproduced' : 'not reproduced', because);
  });
}

/** Change of the chosen class between the ends, in points, and that for one poison. */
function stretch(sweep: readonly Group[]): { points: number; slope: number; text: string } {
  const [first, last] = [sweep[0] as Group, sweep.at(-1) as Group];
  const points = 100 * (last.recall.mean - first.recall.mean);
  const text = `${signed(points)} points from ${first.poisons} to ${last.poisons}`;
  return { points, slope: points / (last.poisons - first.poisons), text };
}

function judgeDistortion(atTarget: readonly Group[], target: Target): Claim {
  const title = 'mean distortion of the poison';
  const literal = atTarget.find(({ variant }) => variant === 'V1');
  if (literal === undefined) return claim('C5', title, 'undetermined', 'V1 was not run');
  const share = Math.abs(literal.distortion.unit / target.distortion - 1);
  const because = `L2 ${literal.distortion.unit.toFixed(2)} in unit scale, paper ${target.distortion}; ${100 * NEAR_DISTORTION} % are allowed`;
  return claim('C5', title, share <= NEAR_DISTORTION ? 'reproduced' : 'not reproduced', because);
}

/** Held against M; where the training begins anew against V0, which was trained as often and without poison. */
function judgeOthers(
  groups: readonly Group[],
  atTarget: readonly Group[],
  chosen: number,
  trainedAnew: ReadonlySet<string>,
): Claim {
  const title = 'the remaining classes are maintained';
  const attacks = atTarget.filter(({ before, recall }) => 100 * (before.chosen - recall.mean) >= FALL);
  if (attacks.length === 0) return claim('C6', title, 'undetermined', 'no variant lowered the chosen class');
  const anew = groups.find((group) => group.variant === 'V0' && group.chosen === chosen)?.others.mean;
  const fallOf = ({ variant, before, others }: Group): number =>
    100 * ((trainedAnew.has(variant) ? (anew ?? before.others) : before.others) - others.mean);
  const kept = attacks.filter((group) => fallOf(group) <= KEPT);
  const because = attacks.map((group) => `${group.variant} others ${signed(-fallOf(group))}`).join(', ');
  return claim('C6', title, kept.length > 0 ? 'reproduced' : 'not reproduced', `${because} points; ${KEPT} is allowed`);
}

function claim(id: string, text: string, verdict: Verdict, because: string): Claim {
  return { id, claim: text, verdict, because };
}

function signed(points: number): string {
  return `${points > 0 ? '+' : ''}${points.toFixed(1)}`;
}
