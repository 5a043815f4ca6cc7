/**
 * The two networks of the paper as plain functions over a list of named parameters (Kwon, Yoon and Park 2019, Tables A1 and A3).
 * No layer objects: what a model computes is the twenty lines of `computeLogits`, and its whole state is its parameters.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Arrays, Named } from '../../lib/compute/step-loop.ts';
import { StageError } from '../../lib/stage-api/stage-error.ts';
import { momentsOf, movingMoments, normalise } from './batch-normalisation.ts';
import { stream } from './rng.ts';

export type ArchitectureName = 'table-a1' | 'table-a3' | 'table-a3-bn';
export const ARCHITECTURES = ['table-a1', 'table-a3', 'table-a3-bn'] as const satisfies readonly ArchitectureName[];

/** Every convolution is 3x3 with stride 1, every pooling 2x2 with stride 2; ReLU follows all but the last layer. */
type Layer =
  | { readonly kind: 'conv'; readonly filters: number; readonly isNormalised: boolean }
  | { readonly kind: 'pool' }
  | { readonly kind: 'dense'; readonly units: number; readonly isDropped?: boolean };

interface Architecture {
  readonly padding: 'valid' | 'same';
  readonly initialiser: 'glorot-uniform' | 'he-uniform';
  readonly layers: readonly Layer[];
}

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** `observed`: the moving moments of batch normalisation, which no gradient moves. */
  readonly kind: 'trained' | 'observed';
}

/** What fixes a model up to its weights. `input` is height, width, channels. */
export interface ModelShape {
  readonly architecture: ArchitectureName;
  readonly input: readonly [number, number, number];
  readonly classCount: number;
}

/** Named float32 arrays in the order of `parametersOf`. */
export interface Model extends ModelShape {
  readonly weights: readonly Float32Array[];
}

/** Gives the mask [N, units] of one dropout layer, values 0 or 1 / (1 - rate); null: no dropout, as when a model is used. */
export type DropoutMask = (layer: string) => tf.Tensor;

/** What is different while a model is trained. */
export interface TrainingPass {
  readonly dropout: DropoutMask | null;
  /** Is given the moving moments after this pass, of each parameter that is observed. */
  readonly observe: (name: string, value: tf.Tensor) => void;
}

const conv = (filters: number, count: number, isNormalised = false): Layer[] =>
  new Array<Layer>(count).fill({ kind: 'conv', filters, isNormalised });
const pool: Layer = { kind: 'pool' };

// VGG19 (Simonyan and Zisserman 2015, configuration E) for 32x32 images: 38.9 million parameters. Nineteen layers of ReLU
// without normalisation need the wider draw of He et al. (2015, equation 10), or the signal dies out.
const vgg19 = (isNormalised: boolean): Architecture => ({
  padding: 'same',
  initialiser: 'he-uniform',
  layers: [
    ...conv(64, 2, isNormalised),
    pool,
    ...conv(128, 2, isNormalised),
    pool,
    ...conv(256, 4, isNormalised),
    pool,
    ...conv(512, 4, isNormalised),
    pool,
    ...conv(512, 4, isNormalised),
    pool,
    { kind: 'dense', units: 4096, isDropped: true },
    { kind: 'dense', units: 4096, isDropped: true },
  ],
});

const DEFINITIONS: Readonly<Record<ArchitectureName, Architecture>> = {
  // The network of Carlini and Wagner (2017, Table 1), valid padding: 312,202 parameters on 28x28x1. Theirs has one dropout, after
  // the first dense layer; Table A2 has none for MNIST, so that `train.dropout` is 0 there. Keras, in which theirs is written,
  // draws weights from the uniform distribution of Glorot and Bengio (2010, equation 16).
  'table-a1': {
    padding: 'valid',
    initialiser: 'glorot-uniform',
    layers: [
      ...conv(32, 2),
      pool,
      ...conv(64, 2),
      pool,
      { kind: 'dense', units: 200, isDropped: true },
      { kind: 'dense', units: 200 },
    ],
  },
  'table-a3': vgg19(false),
  // Table A3 names no normalisation, and VGG19 is older than it; but many who write "VGG19" for CIFAR-10 mean the network with it.
  'table-a3-bn': vgg19(true),
};

/**
 * The parameters in their order: `conv1/filter [3, 3, C, K]`, `conv1/bias [K]`, …, `output/bias`. A normalised convolution has, for
 * the bias, which the mean would take away again, `conv1/gamma`, `conv1/beta`, `conv1/moving-mean` and `conv1/moving-variance`.
 */
export function parametersOf(shape: ModelShape): readonly ParameterSpec[] {
  const { layers, padding } = DEFINITIONS[shape.architecture];
  const specs: ParameterSpec[] = [];
  let [height, width, channels] = shape.input;
  let features: number | null = null;
  const add = (name: string, weights: number[], isNormalised = false): void => {
    specs.push({ name: `${name}/${weights.length === 4 ? 'filter' : 'weights'}`, shape: weights, kind: 'trained' });
    if (!isNormalised) specs.push({ name: `${name}/bias`, shape: weights.slice(-1), kind: 'trained' });
  };
  for (const [layer, name] of named(layers)) {
    if (layer.kind === 'conv') {
      add(name, [3, 3, channels, layer.filters], layer.isNormalised);
      if (layer.isNormalised) specs.push(...normalisation(name, layer.filters));
      channels = layer.filters;
      if (padding === 'valid') [height, width] = [height - 2, width - 2];
    } else if (layer.kind === 'pool') {
      [height, width] = [height >> 1, width >> 1];
    } else {
      add(name, [features ?? height * width * channels, layer.units]);
      features = layer.units;
    }
    if (height < 1 || width < 1) {
      throw new StageError(
        'model-input-too-small',
        `${shape.architecture} cannot take images of ${shape.input.join('x')}: nothing is left of them after ${name}.`,
        { hint: 'set train.architecture to one that fits: table-a1 takes 24x24 and larger, table-a3 32x32 and larger' },
      );
    }
  }
  add('output', [features ?? height * width * channels, shape.classCount]);
  return specs;
}

const normalisation = (name: string, filters: number): ParameterSpec[] => [
  { name: `${name}/gamma`, shape: [filters], kind: 'trained' },
  { name: `${name}/beta`, shape: [filters], kind: 'trained' },
  { name: `${name}/moving-mean`, shape: [filters], kind: 'observed' },
  { name: `${name}/moving-variance`, shape: [filters], kind: 'observed' },
];

export function countParameters(shape: ModelShape): number {
  return parametersOf(shape).reduce((sum, spec) => sum + sizeOf(spec), 0);
}

/** Fresh weights: each parameter from its own stream of `seed`, so that one layer's size moves no other layer's draw. Biases 0, deviations 1. */
export function initialiseModel(shape: ModelShape, seed: number): Model {
  const { initialiser } = DEFINITIONS[shape.architecture];
  const weights = parametersOf(shape).map((spec) => {
    const values = new Float32Array(sizeOf(spec));
    if (spec.shape.length === 1) return /\/(gamma|moving-variance)$/.test(spec.name) ? values.fill(1) : values;
    const rng = stream(seed, 'initialise', spec.name);
    const outputs = spec.shape.at(-1) as number;
    const field = spec.shape.length === 4 ? 9 : 1;
    const fanIn = sizeOf(spec) / outputs;
    const limit = Math.sqrt(6 / (initialiser === 'he-uniform' ? fanIn : fanIn + field * outputs));
    for (let i = 0; i < values.length; i++) values[i] = rng.uniformIn(-limit, limit);
    return values;
  });
  return { ...shape, weights };
}

/**
 * Z(x): the values before the softmax, float32 [N, classes].
 * `images`: float32 [N, h, w, c] in [-0.5, 0.5], see `toTensor`. `parameters`: in the order of `parametersOf`.
 */
export function computeLogits(
  architecture: ArchitectureName,
  parameters: readonly tf.Tensor[],
  images: tf.Tensor4D,
  training: TrainingPass | null = null,
): tf.Tensor2D {
  return logitsOf(computeFeatures(architecture, parameters, images, training), parameters);
}

/** Z(x) from the features of x. */
export function logitsOf(features: tf.Tensor2D, parameters: readonly tf.Tensor[]): tf.Tensor2D {
  return tf.add(tf.matMul(features, parameters.at(-2) as tf.Tensor2D), parameters.at(-1) as tf.Tensor);
}

/** What the last layer reads: the values after the last hidden layer, float32 [N, units]. Arguments as for `computeLogits`. */
export function computeFeatures(
  architecture: ArchitectureName,
  parameters: readonly tf.Tensor[],
  images: tf.Tensor4D,
  training: TrainingPass | null = null,
): tf.Tensor2D {
  const { layers, padding } = DEFINITIONS[architecture];
  let next = 0;
  const take = (): tf.Tensor => parameters[next++] as tf.Tensor;

  let x: tf.Tensor = images;
  for (const [index, [layer, name]] of named(layers).entries()) {
    if (layer.kind === 'conv') {
      x = tf.conv2d(x as tf.Tensor4D, take() as tf.Tensor4D, 1, padding);
      x = layer.isNormalised ? normaliseLayer(name, x, [take(), take(), take(), take()], training) : tf.add(x, take());
      // ReLU and max pooling may change places, to the bit: after the pooling ReLU and its gradient have a quarter of the work.
      if (layers[index + 1]?.kind !== 'pool') x = tf.relu(x);
    } else if (layer.kind === 'pool') {
      x = tf.relu(tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'));
    } else {
      x = tf.relu(tf.add(tf.matMul(flatten(x), take() as tf.Tensor2D), take()));
      const dropout = training?.dropout ?? null;
      if (dropout !== null && layer.isDropped === true) x = tf.mul(x, dropout(name));
    }
  }
  return flatten(x);
}

/** `parameters`: in the order of `normalisation`. In training by the minibatch's own moments, else by the moving ones. */
function normaliseLayer(
  name: string,
  x: tf.Tensor,
  [gamma, beta, mean, variance]: [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
  training: TrainingPass | null,
): tf.Tensor {
  const before = { mean, variance };
  if (training === null) return normalise(x, before, gamma, beta);
  const now = momentsOf(x);
  const after = movingMoments(before, now, x);
  training.observe(`${name}/moving-mean`, after.mean);
  training.observe(`${name}/moving-variance`, after.variance);
  return normalise(x, now, gamma, beta);
}

function flatten(x: tf.Tensor): tf.Tensor2D {
  return x.rank === 2 ? (x as tf.Tensor2D) : tf.reshape(x, [x.shape[0] as number, -1]);
}

/** The weights by name, as a loop takes them. `prefix` tells momenta from weights. */
export function namedWeights(model: Model, prefix = ''): Arrays {
  const entries = parametersOf(model).map(({ name, shape }, i) => {
    return [`${prefix}${name}`, { shape, data: model.weights[i] as Float32Array }] as const;
  });
  return Object.fromEntries(entries);
}

/** Of a loop's tensors or arrays the model's own, in the order of `parametersOf`. */
export function weightsIn<T>(shape: ModelShape, named: Named<T>, prefix = ''): T[] {
  return parametersOf(shape).map(({ name }) => named[`${prefix}${name}`] as T);
}

/** The layers that dropout applies to, with their units. */
export function droppedLayers({
  architecture,
}: ModelShape): readonly { readonly name: string; readonly units: number }[] {
  return named(DEFINITIONS[architecture].layers).flatMap(([layer, name]) =>
    layer.kind === 'dense' && layer.isDropped === true ? [{ name, units: layer.units }] : [],
  );
}

export function sizeOf(spec: ParameterSpec): number {
  return spec.shape.reduce((product, length) => product * length, 1);
}

/** Each layer with its name: conv1, conv2, …, pool1, …, dense1, …. */
function named(layers: readonly Layer[]): [Layer, string][] {
  const counts = { conv: 0, pool: 0, dense: 0 };
  return layers.map((layer) => [layer, `${layer.kind}${++counts[layer.kind]}`]);
}
