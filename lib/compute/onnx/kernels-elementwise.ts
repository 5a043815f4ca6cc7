/** Kernels that work element by element: recorded in whatever axis order their operands already have. */
import { backend_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { withBias, withRelu } from './convolution.ts';
import { int } from './graph.ts';
import { InternalError } from '../../base/errors.ts';
import { orderedDims, type AxisOrder } from './axis-order.ts';
import { recordKernel } from './record-kernel.ts';
import type { TraceBackend } from './trace-backend.ts';

/** ONNX element types, as Cast names them. */
export const CAST_TO: Partial<Record<DataType, number>> = { float32: 1, int32: 6, bool: 9 };

function unary(kernel: string, op: string): void {
  recordKernel(kernel, ({ inputs, backend }) => {
    const x = inputs.x!;
    const value = backend.value(x);
    return backend.emit(backend.graph.node(op, [value.name]), value.shape, x.dtype, value.order);
  });
}

/** Records a broadcasting operator of two operands; the result has `dtype`, or the operands'. */
function binary(kernel: string, op: string, dtype?: DataType): void {
  recordKernel(kernel, ({ inputs, backend }) =>
    recordBinary(backend, op, inputs.a!, inputs.b!, dtype ?? inputs.a!.dtype),
  );
}

export function recordBinary(
  backend: TraceBackend,
  op: string,
  a: TensorInfo,
  b: TensorInfo,
  dtype: DataType,
): TensorInfo {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const order = commonOrder(backend, [a, b], shape.length);
  const name = backend.graph.node(
    op,
    [a, b].map((tensor) => operand(backend, tensor, shape.length, order)),
  );
  return backend.emit(name, shape, dtype, order);
}

/** A convolution plus one number per channel is a convolution with bias: one pass over the output fewer. */
function addBias(backend: TraceBackend, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  if (a.shape.length !== 4 || b.shape.length !== 1 || a.shape[3] !== b.shape[0]) return undefined;
  const value = backend.value(a);
  const name = withBias(backend.graph, value.name, backend.plain(b));
  return name === undefined ? undefined : backend.emit(name, a.shape, a.dtype, value.order);
}

/** The axis order of the largest operand that has one, so that the others are brought to it. */
export function commonOrder(backend: TraceBackend, tensors: readonly TensorInfo[], rank: number): AxisOrder {
  for (const tensor of tensors) {
    if (tensor.shape.length !== rank || backend.isConstant(tensor)) continue;
    const { order } = backend.value(tensor);
    if (order !== null) return order;
  }
  return null;
}

/** The name of an operand in `order`, reshaped so that ONNX broadcasting (from the last axis) lines it up. */
export function operand(backend: TraceBackend, tensor: TensorInfo, rank: number, order: AxisOrder): string {
  if (order === null || tensor.shape.length === 0) return backend.plain(tensor);
  if (tensor.shape.length === rank) return backend.inOrder(tensor, order);
  const padded = [...new Array<number>(rank - tensor.shape.length).fill(1), ...tensor.shape];
  // With at most one axis above 1 no element moves: a reshape is the transpose.
  if (padded.filter((dim) => dim > 1).length <= 1) {
    return backend.graph.node('Reshape', [backend.plain(tensor), backend.graph.int64(orderedDims(padded, order))]);
  }
  const reshaped = backend.graph.node('Reshape', [backend.plain(tensor), backend.graph.int64(padded)]);
  return backend.inOrder(backend.emit(reshaped, padded, tensor.dtype), order);
}

function castFloat(backend: TraceBackend, name: string): string {
  return backend.graph.node('Cast', [name], { to: int(1) });
}

export function registerElementwiseKernels(): void {
  for (const [kernel, op] of [
    ['Exp', 'Exp'],
    ['Log', 'Log'],
    ['Neg', 'Neg'],
    ['Sqrt', 'Sqrt'],
    ['Tanh', 'Tanh'],
  ] as const)
    unary(kernel, op);
  for (const [kernel, op] of [
    ['Sub', 'Sub'],
    ['Multiply', 'Mul'],
    ['RealDiv', 'Div'],
    ['Maximum', 'Max'],
    ['Minimum', 'Min'],
  ] as const)
    binary(kernel, op);
  for (const [kernel, op] of [
    ['Equal', 'Equal'],
    ['Greater', 'Greater'],
    ['GreaterEqual', 'GreaterOrEqual'],
    ['Less', 'Less'],
    ['LessEqual', 'LessOrEqual'],
  ] as const)
    binary(kernel, op, 'bool');

  recordKernel(
    'Add',
    ({ inputs, backend }) =>
      addBias(backend, inputs.a!, inputs.b!) ?? recordBinary(backend, 'Add', inputs.a!, inputs.b!, inputs.a!.dtype),
  );
  recordKernel('Relu', ({ inputs, backend }) => {
    const x = inputs.x!;
    const { name, shape, order } = backend.value(x);
    return backend.emit(withRelu(backend.graph, name) ?? backend.graph.node('Relu', [name]), shape, x.dtype, order);
  });
  recordKernel('Square', ({ inputs, backend }) => recordBinary(backend, 'Mul', inputs.x!, inputs.x!, inputs.x!.dtype));
  // Step is the derivative of Relu: 1 above zero, alpha below.
  recordKernel('Step', ({ inputs, attrs, backend }) => {
    if ((attrs.alpha as number) !== 0) throw new InternalError('a compiled function has Step with alpha 0 only');
    const value = backend.value(inputs.x!);
    const name = castFloat(backend, backend.graph.node('Greater', [value.name, backend.graph.float32(0)]));
    return backend.emit(name, value.shape, 'float32', value.order);
  });
  recordKernel('ClipByValue', ({ inputs, attrs, backend }) => {
    const value = backend.value(inputs.x!);
    const bounds = [
      backend.graph.float32(attrs.clipValueMin as number),
      backend.graph.float32(attrs.clipValueMax as number),
    ];
    return backend.emit(backend.graph.node('Clip', [value.name, ...bounds]), value.shape, 'float32', value.order);
  });
  recordKernel('Identity', ({ inputs, backend }) => same(backend, inputs.x!, inputs.x!.shape));
  recordKernel('Cast', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const dtype = attrs.dtype as DataType;
    if (dtype === x.dtype) return same(backend, x, x.shape);
    const value = backend.value(x);
    return backend.emit(
      backend.graph.node('Cast', [value.name], { to: int(CAST_TO[dtype]!) }),
      value.shape,
      dtype,
      value.order,
    );
  });
  recordKernel('Select', ({ inputs, backend }) => {
    const { condition, t, e } = inputs as Record<string, TensorInfo>;
    const rank = t!.shape.length;
    const order = commonOrder(backend, [t!, e!, condition!], rank);
    const name = backend.graph.node(
      'Where',
      [condition!, t!, e!].map((tensor) => operand(backend, tensor, rank, order)),
    );
    return backend.emit(name, t!.shape, t!.dtype, order);
  });
}

/** The same value under another handle. */
export function same(backend: TraceBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const value = backend.value(x);
  return backend.emit(value.name, shape, x.dtype, value.order, value.indices);
}
