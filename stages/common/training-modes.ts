/** How a variant trains M: from what start, on which records, with which numbers. */
import type { RetrainParameters } from './parameters/retrain.ts';
import type { TrainParameters } from './parameters/train.ts';
import type { TrainingOptions } from './training.ts';
import type { Variant } from './variants.ts';

export interface TrainingMode {
  /** From fresh weights, as M was; else from M's. */
  readonly isAnew: boolean;
  readonly isOnPoisonAlone: boolean;
  readonly options: TrainingOptions;
}

// Table A2, column MNIST and Fashion-MNIST.
const LITERAL_RATE = { learningRate: 0.1, momentum: 0.9, nesterov: false };

/** A training anew takes the numbers that M was trained with; a training further has its own. */
export function optionsFor(variant: Variant, train: TrainParameters, retrain: RetrainParameters): TrainingMode {
  const rate = variant.optimiser === 'literal' ? LITERAL_RATE : {};
  if (variant.training === 'scratch' || variant.training === 'replace') {
    return { isAnew: true, isOnPoisonAlone: false, options: { ...train, steps: null, ...rate } };
  }
  const isOnPoisonAlone = variant.training === 'continue-poison';
  const { epochs, batchSize, learningRate, momentum, nesterov } = retrain;
  const steps = isOnPoisonAlone ? retrain.steps : null;
  const schedule = { learningRate, decayEvery: 1, decayFactor: 1 };
  return {
    isAnew: false,
    isOnPoisonAlone,
    options: { epochs, steps, batchSize, momentum, nesterov, dropout: train.dropout, ...schedule, ...rate },
  };
}
