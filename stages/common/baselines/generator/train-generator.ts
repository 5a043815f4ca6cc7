/** Trains the generator: first to reproduce images, then for the loss that its images cause the target (Yang et al. 2017, section 4). */
import * as tf from '@tensorflow/tfjs-core';
import { startLoop } from '../../../../lib/compute/start.ts';
import type { Arrays, LoopStart, Named, NumberArray } from '../../../../lib/compute/step-loop.ts';
import type { Split } from '../../../../lib/dataset/split.ts';
import { adamRate, adamStep } from '../../adam.ts';
import { namedWeights, weightsIn, type Model } from '../../models.ts';
import type { GeneratorParameters } from '../../parameters/generator.ts';
import { allRecords, toArray, toOneHot, toPixels } from '../../pixels.ts';
import { stream } from '../../rng.ts';
import { generate, GENERATOR_PARAMETERS, generatorIn, initialiseGenerator } from './auto-encoder.ts';
import { lookAhead, targetOf } from './look-ahead.ts';

const FIRST = 'first of ';
const SECOND = 'second of ';

export interface TrainedGenerator {
  readonly parameters: Arrays;
  /** Mean squared error of a pixel in the warm-up's batches; unit scale. */
  readonly errors: readonly number[];
  /** L(w') of each rewarded step's batch, before the step; nats. Rises when the generator learns. */
  readonly losses: readonly number[];
}

/** `records`: images with the labels that poison made of them shall carry. `normal`: whose loss shall rise. Not resumed after a kill. */
export async function trainGenerator(
  target: Model,
  records: Split,
  normal: Split,
  options: GeneratorParameters,
  seed: number,
  progress: (done: number, total: number) => void = () => {},
): Promise<TrainedGenerator> {
  const initial = initialiseGenerator(records.shape, options.hidden, seed);
  const total = options.warmUp + options.iterations;
  const rng = stream(seed, 'generator', 'batches');
  const draw = (): Uint32Array => rng.sample(records.count, Math.min(options.batchSize, records.count));
  const rateAt = (t: number): NumberArray => ({ shape: [], data: Float32Array.of(adamRate(options.learningRate, t)) });

  const warmUp = startLoop(reconstructionLoop(initial));
  const errors: number[] = [];
  for (let t = 1; t <= options.warmUp; t++) {
    const { error } = await warmUp.run({ images: toArray(records, draw()), rate: rateAt(t) });
    errors.push(error![0]!);
    progress(t, total);
  }
  const warm = readBack(initial, await warmUp.readState());
  warmUp.dispose();

  const clean = {
    normal: toArray(normal, allRecords(normal)),
    normalTargets: toOneHot(normal.labels, target.classCount),
  };
  const rewarded = startLoop(rewardLoop(target, warm, options));
  const losses: number[] = [];
  for (let t = 1; t <= options.iterations; t++) {
    const indexes = draw();
    const labels = Array.from(indexes, (index) => records.labels[index]!);
    const images = toArray(records, indexes);
    const { loss } = await rewarded.run({
      ...clean,
      images,
      targets: toOneHot(labels, target.classCount),
      rate: rateAt(t),
    });
    losses.push(loss![0]!);
    progress(options.warmUp + t, total);
  }
  const parameters = readBack(initial, await rewarded.readState());
  rewarded.dispose();
  return { parameters, errors, losses };
}

/** G(x) of every record, uint8. */
export async function generateImages(parameters: Arrays, records: Split): Promise<Uint8Array> {
  const loop = startLoop({
    state: {},
    constants: parameters,
    body: ({ batch, constants }) => {
      return { state: {}, results: { images: generate(generatorIn(constants), batch.images as tf.Tensor4D) } };
    },
  });
  const { images } = await loop.run({ images: toArray(records, allRecords(records)) });
  loop.dispose();
  return toPixels(images as Float32Array);
}

/** The state: the generator's parameters and Adam's moments. A step: one of Adam towards the batch's own images. */
function reconstructionLoop(parameters: Arrays): LoopStart {
  return {
    state: withMoments(parameters),
    constants: {},
    body: ({ state, batch }) => {
      const images = batch.images as tf.Tensor4D;
      const { value, grads } = tf.valueAndGrads((...now: tf.Tensor[]) => {
        return pixelError(generate(now, images), images);
      })(generatorIn(state));
      return { state: stepAll(state, grads, batch.rate as tf.Tensor), results: { error: value } };
    },
  };
}

/**
 * The same state. A step: one of Adam uphill on L(w'), the target's loss on normal data after it has trained on the batch, less what
 * the images have moved. Without that the generator soon makes one and the same image of all.
 */
export function rewardLoop(
  target: Model,
  parameters: Arrays,
  { rate, fidelity }: Pick<GeneratorParameters, 'rate' | 'fidelity'>,
): LoopStart {
  return {
    state: withMoments(parameters),
    constants: namedWeights(target),
    body: ({ state, batch, constants }) => {
      const images = batch.images as tf.Tensor4D;
      const poison = { images: generate(generatorIn(state), images), targets: batch.targets as tf.Tensor2D };
      const normal = { images: batch.normal as tf.Tensor4D, targets: batch.normalTargets as tf.Tensor2D };
      const { loss, reward } = lookAhead(targetOf(target), weightsIn(target, constants), poison, normal, rate);
      const { grads } = tf.valueAndGrads((...now: tf.Tensor[]) => {
        const made = generate(now, images);
        return tf.sub(tf.mul(pixelError(made, images), fidelity), reward(made)) as tf.Scalar;
      })(generatorIn(state));
      return { state: stepAll(state, grads, batch.rate as tf.Tensor), results: { loss } };
    },
  };
}

/** Mean squared difference of a pixel; unit scale. */
function pixelError(made: tf.Tensor4D, images: tf.Tensor4D): tf.Scalar {
  return tf.mul(tf.sum(tf.square(tf.sub(made, images))), 1 / images.size) as tf.Scalar;
}

function withMoments(parameters: Arrays): Arrays {
  const zeros = ({ shape, data }: NumberArray): NumberArray => ({ shape, data: new Float32Array(data.length) });
  const entries = GENERATOR_PARAMETERS.flatMap((name): [string, NumberArray][] => {
    const array = parameters[name] as NumberArray;
    return [
      [name, array],
      [`${FIRST}${name}`, zeros(array)],
      [`${SECOND}${name}`, zeros(array)],
    ];
  });
  return Object.fromEntries(entries);
}

function stepAll(state: Named<tf.Tensor>, gradients: readonly tf.Tensor[], rate: tf.Tensor): Named<tf.Tensor> {
  const entries = GENERATOR_PARAMETERS.flatMap((name, i): [string, tf.Tensor][] => {
    const [w, first, second] = [name, `${FIRST}${name}`, `${SECOND}${name}`].map((key) => state[key] as tf.Tensor);
    const adam = { w: w as tf.Tensor, first: first as tf.Tensor, second: second as tf.Tensor };
    const moved = adamStep(adam, gradients[i] as tf.Tensor, rate);
    return [
      [name, moved.w],
      [`${FIRST}${name}`, moved.first],
      [`${SECOND}${name}`, moved.second],
    ];
  });
  return Object.fromEntries(entries);
}

function readBack(like: Arrays, state: Named<Float32Array>): Arrays {
  return Object.fromEntries(
    GENERATOR_PARAMETERS.map((name) => [name, { shape: like[name]!.shape, data: state[name] as Float32Array }]),
  );
}
