/** What a selective attack is measured against: Kwon, Yoon and Park (2019), Table 4, at 2500 poisons. */

export interface PaperTarget {
  readonly name: string;
  /** Recall of the chosen class, in [0, 1]. */
  readonly chosen: number;
  /** Mean recall of the other classes, which follows from the total: (10 total - chosen) / 9. */
  readonly others: number;
}

const TARGETS: Readonly<Record<string, PaperTarget>> = {
  mnist: { name: 'Table 4, MNIST', chosen: 0.432, others: 0.949 },
  'fashion-mnist': { name: 'Table 4, Fashion-MNIST', chosen: 0.417, others: 0.856 },
  cifar10: { name: 'Table 4, CIFAR-10', chosen: 0.553, others: 0.837 },
};

/** Undefined for data that the paper does not speak of. */
export function paperTarget(dataset: string | null): PaperTarget | undefined {
  return dataset !== null && Object.hasOwn(TARGETS, dataset) ? TARGETS[dataset] : undefined;
}
