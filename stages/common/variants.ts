/**
 * What the paper leaves open, as named variants. Kwon, Yoon and Park (2019) do not say which label X' carries, nor whether M is
 * trained anew or further, nor clearly which images are its sources; each variant is one choice of these.
 */
import { StageError } from '../../lib/stage-api/stage-error.ts';
import type { Objective } from './attack-options.ts';
import { didYouMean } from './parameters/invalid.ts';

export interface Variant {
  /** `V1`. */
  readonly id: string;
  /** At most 22 characters, for tables. */
  readonly name: string;
  /** One line that says what is done. */
  readonly meaning: string;
  /** Whose images are taken: of class y', of all classes, of all classes but y'; `none`: no poison. */
  readonly source: 'chosen' | 'all' | 'others' | 'none';
  /** Under which label: y', their own, the one that M gives the finished poison, a random one other than y'. */
  readonly label: 'chosen' | 'original' | 'recognised' | 'random-other';
  readonly objective: Objective | 'none';
  /** What is done with the optimised pixels: stored; dropped for the source's own; replaced by noise of the same length. */
  readonly pixels: 'optimised' | 'original' | 'noise';
  /** On what M is trained: anew on X + X', anew on X with the sources replaced, further on X + X', further on X' alone. */
  readonly training: 'scratch' | 'replace' | 'continue-merged' | 'continue-poison';
  /** `as-trained`: the parameters `train` or `retrain`; `literal`: rate 0.1 and momentum 0.9 of Table A2. */
  readonly optimiser: 'as-trained' | 'literal';
}

type Factors = Omit<Variant, 'id' | 'name' | 'meaning'>;

/** Algorithm 1 word by word, as far as it goes. */
const LITERAL: Factors = {
  source: 'chosen',
  label: 'chosen',
  objective: 'margin-away',
  pixels: 'optimised',
  training: 'scratch',
  optimiser: 'as-trained',
};
const RECOGNISED: Factors = { ...LITERAL, label: 'recognised' };

const variant = (id: string, name: string, meaning: string, factors: Factors): Variant => ({
  id,
  name,
  meaning,
  ...factors,
});

export const VARIANTS: readonly Variant[] = [
  variant('V0', 'no poison', 'baseline: M trained anew on the clean data', {
    ...LITERAL,
    source: 'none',
    objective: 'none',
  }),
  variant(
    'V1',
    'literal reading',
    "literal reading: images of y' pushed away from y', labelled y'; M trained anew on X + X'",
    LITERAL,
  ),
  variant(
    'V2',
    'label as recognised',
    "images of y' pushed away, labelled as M now recognises them; M trained anew on X + X'",
    RECOGNISED,
  ),
  variant('V3', 'label random', "images of y' pushed away, labelled at random but never y'; M trained anew on X + X'", {
    ...LITERAL,
    label: 'random-other',
  }),
  variant(
    'V4',
    'originals replaced',
    "images of y' pushed away, labelled as recognised, in place of their originals; M trained anew",
    {
      ...RECOGNISED,
      training: 'replace',
    },
  ),
  variant(
    'V5',
    "all classes, label y'",
    "images of all classes pushed away from y', labelled y'; M trained anew on X + X'",
    {
      ...LITERAL,
      source: 'all',
    },
  ),
  variant(
    'V6',
    'all classes, own label',
    "images of all classes pushed away from y', own labels; M trained anew on X + X'",
    {
      ...LITERAL,
      source: 'all',
      label: 'original',
    },
  ),
  variant(
    'V7',
    "recognised, X' alone",
    "images of y' pushed away, labelled as M now recognises them; M trained further on X' alone",
    {
      ...RECOGNISED,
      training: 'continue-poison',
    },
  ),
  variant('V8', "label y', X' alone", "images of y' pushed away, labelled y'; M trained further on X' alone", {
    ...LITERAL,
    training: 'continue-poison',
  }),
  variant(
    'V9',
    "recognised, X + X'",
    "images of y' pushed away, labelled as M now recognises them; M trained further on X + X'",
    {
      ...RECOGNISED,
      training: 'continue-merged',
    },
  ),
  variant(
    'V10',
    'literal, rate 0.1/0.9',
    'literal reading, M trained anew at the rate 0.1 and momentum 0.9 that Table A2 prints',
    {
      ...LITERAL,
      optimiser: 'literal',
    },
  ),
  variant(
    'V11',
    'recognised, PGD',
    "images of y' pushed away by PGD to attack.epsilon, labelled as recognised; M trained anew",
    {
      ...RECOGNISED,
      objective: 'pgd-l2',
    },
  ),
  variant('V12', 'Eq. 1 unhinged', 'literal reading, Eq. 1 minimised as printed: no hinge, no distance term', {
    ...LITERAL,
    objective: 'equation-1',
  }),
  variant(
    'V13',
    "others pushed to y'",
    "images of other classes pushed toward y', own labels; M trained further on X' alone",
    {
      ...LITERAL,
      source: 'others',
      label: 'original',
      objective: 'margin-toward',
      training: 'continue-poison',
    },
  ),
  variant('K1', 'control: label flip', "control: unperturbed images of y' with V2's labels; M trained anew on X + X'", {
    ...RECOGNISED,
    pixels: 'original',
  }),
  variant('K2', 'control: noise', "control: V2's labels, Gaussian noise of V2's distortion; M trained anew on X + X'", {
    ...RECOGNISED,
    pixels: 'noise',
  }),
  variant(
    'K3',
    'control: duplicates',
    "control: exact duplicates of images of y', labelled y'; M trained anew on X + X'",
    {
      ...LITERAL,
      objective: 'none',
      pixels: 'original',
    },
  ),
];

/** Throws StageError `unknown-variant`. */
export function findVariant(id: string): Variant {
  const found = VARIANTS.find((v) => v.id === id);
  if (found !== undefined) return found;
  const ids = VARIANTS.map((v) => v.id);
  throw new StageError('unknown-variant', `attack.variant is "${id}", which names no variant`, {
    hint: [didYouMean(id, ids), `allowed: ${ids.join(', ')}`].filter((part) => part !== undefined).join(' '),
  });
}
