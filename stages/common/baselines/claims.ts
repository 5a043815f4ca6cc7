/** What the papers of the baselines claim, held against what was measured. */
import { change, percent } from '../comparison.ts';
import type { Baselines } from './measured.ts';

export interface Claim {
  readonly paper: string;
  /** The paper's, in its own setting. */
  readonly claim: string;
  /** Here. */
  readonly measured: string;
  /** Null: not measured here. */
  readonly holds: boolean | null;
}

export function judgeClaims(measured: Baselines): Claim[] {
  return [
    claimOfFlips(measured),
    ...claimsOfSvm(measured),
    ...claimsOfGenerator(measured),
    ...claimsOfEvasion(measured),
  ];
}

function claimOfFlips({ unflipped, flipped }: Baselines): Claim {
  const accuracies = [unflipped.accuracy, ...flipped.map(({ training }) => training.accuracy)];
  const fractions = [0, ...flipped.map(({ fraction }) => fraction)];
  return {
    paper: 'label flips at random',
    claim: 'the more training labels are wrong, the lower the accuracy as a whole',
    measured: accuracies.map((accuracy, i) => `${percent(accuracy)} at ${100 * fractions[i]!} %`).join(', '),
    holds: accuracies.every((accuracy, i) => i === 0 || accuracy < accuracies[i - 1]!),
  };
}

function claimsOfSvm({ svms }: Baselines): Claim[] {
  return svms.flatMap(({ kernel, clean, attacked, flipped }) => {
    const [first, last] = [attacked[0]!, attacked.at(-1)!];
    const paper = 'Biggio et al. 2012';
    const one: Claim = {
      paper,
      claim:
        kernel === 'linear'
          ? 'one attack point raises the error, as its label alone does not (MNIST: from 2-5 % to 15-20 %)'
          : `so does one with an ${kernel.toUpperCase()} kernel`,
      measured: `${kernel}: ${change(clean.error, first.error)}; its label alone ${change(clean.error, flipped[0]!.error)}`,
      holds: first.error > clean.error && first.error > flipped[0]!.error,
    };
    if (attacked.length === 1) return [one];
    const more: Claim = {
      paper,
      claim: 'further points raise it further',
      measured: `${kernel}: ${attacked.map(({ error }) => percent(error)).join(', ')}`,
      holds: last.error > first.error && attacked.every((each, i) => i === 0 || each.error >= attacked[i - 1]!.error),
    };
    return [one, more];
  });
}

function claimsOfGenerator({ generation }: Baselines): Claim[] {
  const { after, before, gradientsPerRecord, steps } = generation;
  const wrong = after['wrong-label'];
  const tell = ({ first, last }: typeof wrong): string => {
    return `${first.loss.toFixed(2)} after 1 step, ${last.loss.toFixed(2)} after ${steps} (accuracy ${percent(last.accuracy)})`;
  };
  // One step is what both look ahead. After more steps a wrong label alone can have the higher loss and yet the higher accuracy.
  const exceeds = ({ first }: typeof wrong): boolean => first.loss > wrong.first.loss;
  const paper = 'Yang et al. 2017';
  return [
    {
      paper,
      claim: 'a step on poison by the direct gradient raises the loss on normal data, more than on wrong labels alone',
      measured: `loss ${before.loss.toFixed(2)}; direct ${tell(after.direct)}; wrong label ${tell(wrong)}`,
      holds: exceeds(after.direct),
    },
    {
      paper,
      claim: 'so does one on poison of a generator',
      measured: `generated ${tell(after.generated)}`,
      holds: exceeds(after.generated),
    },
    {
      paper,
      claim: 'it costs less accuracy than the direct gradient (the paper: slightly less)',
      measured: `accuracy ${percent(after.generated.last.accuracy)} against ${percent(after.direct.last.accuracy)}`,
      holds: after.generated.last.accuracy > after.direct.last.accuracy,
    },
    {
      paper,
      claim: 'and is made up to 239 times faster',
      measured: `not timed; gradients of M: direct ${gradientsPerRecord.direct} for each record; the generator ${gradientsPerRecord.generatorTraining} for each record of its batches, then none for any record`,
      holds: null,
    },
  ];
}

function claimsOfEvasion({ evasions }: Baselines): Claim[] {
  return evasions.map(({ aim, images, carliniWagner, signStep }) => ({
    paper: 'Carlini and Wagner 2017',
    claim: `${aim}: every image is moved to success; here: less far on L2 than by the gradient's sign`,
    measured: `${percent(carliniWagner.success)} % of ${images}, L2 ${carliniWagner.distortion.unit.toFixed(2)}; by sign ${percent(signStep.success)} %, L2 ${signStep.distortion.unit.toFixed(2)}`,
    holds:
      carliniWagner.success >= 0.99 &&
      carliniWagner.success >= signStep.success &&
      (signStep.success === 0 || carliniWagner.distortion.unit < signStep.distortion.unit),
  }));
}
