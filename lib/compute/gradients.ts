/**
 * The gradients of the kernels that models and attacks here are made of. tfjs-core's Node build holds none, and its own live in
 * files that Node cannot import; a kernel without an entry fails with "gradient function not found", never silently.
 * tfjs-node brings gradients of its own, which these replace: every backend differentiates alike.
 */
import * as tf from '@tensorflow/tfjs-core';

type Gradient = tf.GradConfig['gradFunc'];

/** Registers all of them, in the place of any other. Idempotent. */
export function registerGradients(): void {
  for (const gradient of GRADIENTS) tf.registerGradient(gradient);
}

function of(
  kernelName: string,
  gradFunc: Gradient,
  saved: { readonly inputs?: string[]; readonly outputs?: boolean[] } = {},
): tf.GradConfig {
  return {
    kernelName,
    gradFunc,
    ...(saved.inputs === undefined ? {} : { inputsToSave: saved.inputs }),
    ...(saved.outputs === undefined ? {} : { outputsToSave: saved.outputs }),
  };
}

const ab = { inputs: ['a', 'b'] };
const x = { inputs: ['x'] };
const y = { outputs: [true] };

/** In the notation of the kernel's inputs: each entry gives dL/dinput from dy = dL/doutput. */
const GRADIENTS: readonly tf.GradConfig[] = [
  of('Add', (dy, [a, b]) => ({ a: () => unbroadcast(one(dy), a!), b: () => unbroadcast(one(dy), b!) }), ab),
  of('Sub', (dy, [a, b]) => ({ a: () => unbroadcast(one(dy), a!), b: () => unbroadcast(tf.neg(one(dy)), b!) }), ab),
  of(
    'Multiply',
    (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(one(dy), b!), a!),
      b: () => unbroadcast(tf.mul(one(dy), a!), b!),
    }),
    ab,
  ),
  of(
    'RealDiv',
    (dy, [a, b]) => ({
      a: () => unbroadcast(tf.div(one(dy), b!), a!),
      b: () => unbroadcast(tf.neg(tf.div(tf.mul(one(dy), a!), tf.square(b!))), b!),
    }),
    ab,
  ),
  // At a tie the whole gradient goes to `a`, as in TensorFlow.
  of(
    'Maximum',
    (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(one(dy), tf.cast(tf.greaterEqual(a!, b!), 'float32')), a!),
      b: () => unbroadcast(tf.mul(one(dy), tf.cast(tf.less(a!, b!), 'float32')), b!),
    }),
    ab,
  ),
  of(
    'Minimum',
    (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(one(dy), tf.cast(tf.lessEqual(a!, b!), 'float32')), a!),
      b: () => unbroadcast(tf.mul(one(dy), tf.cast(tf.greater(a!, b!), 'float32')), b!),
    }),
    ab,
  ),
  of('Neg', (dy) => ({ x: () => tf.neg(one(dy)) })),
  of('Square', (dy, [v]) => ({ x: () => tf.mul(one(dy), tf.mul(v!, 2)) }), x),
  of('Sqrt', (dy, [v]) => ({ x: () => tf.div(one(dy), tf.mul(v!, 2)) }), y),
  of('Exp', (dy, [v]) => ({ x: () => tf.mul(one(dy), v!) }), y),
  of('Log', (dy, [v]) => ({ x: () => tf.div(one(dy), v!) }), x),
  of('Tanh', (dy, [v]) => ({ x: () => tf.mul(one(dy), tf.sub(1, tf.square(v!))) }), y),
  of('Relu', (dy, [v]) => ({ x: () => tf.mul(one(dy), tf.step(v!)) }), y),
  of('Reshape', (dy, [v]) => ({ x: () => tf.reshape(one(dy), v!.shape) }), x),
  of('Identity', (dy) => ({ x: () => tf.clone(one(dy)) })),
  of('Cast', (dy) => ({ x: () => tf.clone(one(dy)) })),
  of('Transpose', (dy, _saved, attrs) => ({
    x: () => tf.transpose(one(dy), tf.backend_util.getUndoAxesPermutation(attrs['perm'] as number[])),
  })),
  of('Sum', (dy, [v], attrs) => ({ x: () => tf.mul(keepReduced(one(dy), v!, attrs), tf.onesLike(v!)) }), x),
  // Equal maxima share nothing: each gets the whole gradient, as in tfjs. The attack's logits never tie but by accident.
  of(
    'Max',
    (dy, [v, top], attrs) => ({
      x: () => tf.mul(keepReduced(one(dy), v!, attrs), tf.cast(tf.equal(v!, keepReduced(top!, v!, attrs)), 'float32')),
    }),
    { inputs: ['x'], outputs: [true] },
  ),
  of(
    'BatchMatMul',
    (dy, [a, b], attrs) => {
      if (attrs['transposeA'] === true || attrs['transposeB'] === true) {
        throw new Error('the gradient of matMul with a transpose flag is not registered: transpose first');
      }
      return {
        a: () => tf.matMul(one(dy), swapLast(b!)),
        b: () => tf.matMul(swapLast(a!), one(dy)),
      };
    },
    ab,
  ),
  of(
    'Conv2D',
    (dy, [v, filter], attrs) => ({
      x: () => kernel('Conv2DBackpropInput', { dy: one(dy), filter: filter! }, { ...attrs, inputShape: v!.shape }),
      filter: () => kernel('Conv2DBackpropFilter', { x: v!, dy: one(dy) }, { ...attrs, filterShape: filter!.shape }),
    }),
    { inputs: ['x', 'filter'] },
  ),
  of(
    'MaxPool',
    (dy, [v, top], attrs) => ({
      x: () => kernel('MaxPoolGrad', { dy: one(dy), input: v!, output: top! }, attrs),
    }),
    { inputs: ['x'], outputs: [true] },
  ),
];

/** Kernels here have one output, but tfjs types their gradient as one or many. */
function one(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(dy) ? dy[0]! : dy;
}

function kernel(name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
}

/** Sums over the axes along which `input` was stretched to the shape of the output. */
function unbroadcast(gradient: tf.Tensor, input: tf.Tensor): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes(input.shape, gradient.shape);
  return axes.length === 0 ? tf.clone(gradient) : tf.reshape(tf.sum(gradient, axes), input.shape);
}

/** `reduced` with the axes it lost put back with length 1, so that it broadcasts against `full`. */
function keepReduced(reduced: tf.Tensor, full: tf.Tensor, attrs: tf.NamedAttrMap): tf.Tensor {
  const key = 'reductionIndices' in attrs ? 'reductionIndices' : 'axis';
  const axes = tf.util.parseAxisParam((attrs[key] ?? null) as number | number[], full.shape);
  const shape = full.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return tf.reshape(reduced, shape);
}

function swapLast(m: tf.Tensor): tf.Tensor {
  const axes = m.shape.map((_, i) => i);
  axes.splice(-2, 2, m.shape.length - 1, m.shape.length - 2);
  return tf.transpose(m, axes);
}
