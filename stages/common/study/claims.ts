/**
 * The paper's claims that numbers of one dataset can judge (Kwon, Yoon and Park 2019, sections 4 and 5). What counts as reproduced is
 * fixed here, before any number is seen: for the rest the verdict is "undetermined", and says why.
 */
import { distanceTo, type Group, sweepOf, type Target } from './cells.ts';

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

/** `poisons`: the paper's N'. The literal reading is V1; a baseline without poison, V0, tells training again from poisoning. */
export function judge(groups: readonly Group[], target: Target, chosen: number, poisons: number): Claim[] {
  const atTarget = groups.filter((group) => group.chosen === chosen && group.poisons === poisons);
  return [
    judgeBefore(groups, target),
    judgeTable(atTarget, target),
    ...judgeFall(groups, chosen),
    claim('C4', 'MNIST and Fashion-MNIST fall faster than CIFAR-10', 'undetermined', 'one dataset cannot say'),
    judgeDistortion(atTarget, target),
    judgeOthers(groups, atTarget, chosen),
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
    `${variant} ${percent(recall.mean)} / ${percent(others.mean)}`;
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
    const total = 100 * ((recalls[0] as number) - (recalls.at(-1) as number));
    const middle = Math.floor((sweep.length - 1) / 2);
    const [early, late] = [slope(sweep.slice(0, middle + 1)), slope(sweep.slice(middle))];
    const isReproduced = falls && total >= FALL && late < early;
    const because = `${sweep[0]?.variant}: ${sweep.map(({ poisons, recall }) => `${poisons}: ${percent(recall.mean)}`).join(', ')}; ${perThousand(early)} for 1,000 poisons in the first half, ${perThousand(late)} in the second`;
    return claim('C3', title, isReproduced ? 'reproduced' : 'not reproduced', because);
  });
}

/** Change of recall for one poison, between the ends. */
function slope(sweep: readonly Group[]): number {
  const [first, last] = [sweep[0] as Group, sweep.at(-1) as Group];
  return (last.recall.mean - first.recall.mean) / (last.poisons - first.poisons);
}

function judgeDistortion(atTarget: readonly Group[], target: Target): Claim {
  const title = 'mean distortion of the poison';
  const literal = atTarget.find(({ variant }) => variant === 'V1');
  if (literal === undefined) return claim('C5', title, 'undetermined', 'V1 was not run');
  const share = Math.abs(literal.distortion.unit / target.distortion - 1);
  const because = `L2 ${literal.distortion.unit.toFixed(2)} in unit scale, paper ${target.distortion}; ${100 * NEAR_DISTORTION} % are allowed`;
  return claim('C5', title, share <= NEAR_DISTORTION ? 'reproduced' : 'not reproduced', because);
}

/** Held against V0, which was trained as often and without poison, where the training begins anew. */
function judgeOthers(groups: readonly Group[], atTarget: readonly Group[], chosen: number): Claim {
  const title = 'the remaining classes are maintained';
  const attacks = atTarget.filter(({ before, recall }) => 100 * (before.chosen - recall.mean) >= FALL);
  if (attacks.length === 0) return claim('C6', title, 'undetermined', 'no variant lowered the chosen class');
  const reference = groups.find((group) => group.variant === 'V0' && group.chosen === chosen);
  const fallOf = ({ before, others }: Group): number =>
    100 * (Math.min(before.others, reference?.others.mean ?? before.others) - others.mean);
  const kept = attacks.filter((group) => fallOf(group) <= KEPT);
  const because = attacks.map((group) => `${group.variant} others ${signed(-fallOf(group))}`).join(', ');
  return claim('C6', title, kept.length > 0 ? 'reproduced' : 'not reproduced', `${because} points; ${KEPT} is allowed`);
}

function claim(id: string, text: string, verdict: Verdict, because: string): Claim {
  return { id, claim: text, verdict, because };
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}

function signed(points: number): string {
  return `${points > 0 ? '+' : ''}${points.toFixed(1)}`;
}

function perThousand(perPoison: number): string {
  return `${signed(100_000 * perPoison)} points`;
}
