/** How a reading trains M: from what start, on which records, with which numbers. */
import type { RetrainParameters } from './parameters/retrain.ts';
import type { TrainParameters } from './parameters/train.ts';
import type { TrainingOptions } from './training.ts';
import type { Reading } from './reading.ts';

export interface TrainingMode {
  /** From fresh weights, as M was; else from M's. */
  readonly isAnew: boolean;
  readonly isOnPoisonAlone: boolean;
  readonly options: TrainingOptions;
}

// Table A2, column MNIST and Fashion-MNIST.
const LITERAL_RATE = { learningRate: 0.1, momentum: 0.9, nesterov: false };

/** A training anew takes the numbers that M was trained with; a training further has its own. */
export function optionsFor(
  { training, optimiser }: Pick<Reading, 'training' | 'optimiser'>,
  train: TrainParameters,
  retrain: RetrainParameters,
): TrainingMode {
  const rate = optimiser === 'literal' ? LITERAL_RATE : {};
  if (training === 'scratch') {
    const anew = { epochs: retrain.anewEpochs ?? train.epochs };
    return { isAnew: true, isOnPoisonAlone: false, options: { ...train, ...anew, steps: null, ...rate } };
  }
  const isOnPoisonAlone = training === 'continue-poison';
  const { batchSize, learningRate, momentum, nesterov } = retrain;
  const epochs = isOnPoisonAlone ? retrain.poisonEpochs : retrain.epochs;
  const steps = isOnPoisonAlone ? retrain.steps : null;
  const schedule = { learningRate, decayEvery: 1, decayFactor: 1 };
  return {
    isAnew: false,
    isOnPoisonAlone,
    options: { epochs, steps, batchSize, momentum, nesterov, dropout: train.dropout, ...schedule, ...rate },
  };
}
