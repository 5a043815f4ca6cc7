/** What an attack is told, and what its parts hand each other. */
import type * as tf from '@tensorflow/tfjs-core';

/**
 * `margin-away`: minimise c * max(margin, -kappa) + L2^2, with a search over c (Carlini and Wagner 2017,
 * section V-B); one search step is c = initialConstant throughout.
 * `equation-1`: minimise the margin alone, as printed: no hinge, no distance.
 * `margin-toward`: margin-away with the margin's sign turned: the model shall see y'.
 * `pgd-l2`: projected gradient descent on the margin within an L2 ball of radius epsilon (Madry et al. 2018).
 */
export type Objective = 'margin-away' | 'equation-1' | 'margin-toward' | 'pgd-l2';

export interface AttackOptions {
  readonly objective: Objective;
  /** The class y'. */
  readonly chosen: number;
  readonly iterations: number;
  /** Of Adam, in tanh space. */
  readonly learningRate: number;
  /** c of the first search step. */
  readonly initialConstant: number;
  readonly searchSteps: number;
  /** Lead of the other class that is aimed at, in logits. */
  readonly kappa: number;
  /** Radius for pgd-l2, L2 in unit scale. */
  readonly epsilon: number;
  readonly batchSize: number;
}

export type Logits = (images: tf.Tensor4D) => tf.Tensor2D;
export type Tick = (label: string) => Promise<void>;
export interface Batch {
  /** float32 [N * h * w * c] in [-0.5, 0.5]. */
  readonly images: Float32Array;
  readonly reached: boolean[];
}
