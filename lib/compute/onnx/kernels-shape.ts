/** Kernels that move, reduce or make values: most want the tensor's own axis order. */
import { backend_util, util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { CAST_TO, same } from './kernels-elementwise.ts';
import { int, ints } from './graph.ts';
import { recordKernel } from './record-kernel.ts';
import type { TraceBackend } from './trace-backend.ts';

export function registerShapeKernels(): void {
  recordKernel('Reshape', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const shape = util.inferFromImplicitShape(attrs.shape as number[], util.sizeFromShape(x.shape));
    return reshape(backend, x, shape);
  });
  recordKernel('ExpandDims', ({ inputs, attrs, backend }) => {
    const x = inputs.input!;
    const dim = attrs.dim as number;
    const shape = [...x.shape];
    shape.splice(dim < 0 ? x.shape.length + dim + 1 : dim, 0, 1);
    return reshape(backend, x, shape);
  });
  recordKernel('Transpose', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const perm = attrs.perm as number[];
    const name = backend.graph.node('Transpose', [backend.plain(x)], { perm: ints(perm) });
    return backend.emit(
      name,
      perm.map((axis) => x.shape[axis]!),
      x.dtype,
    );
  });
  recordKernel('Sum', ({ inputs, attrs, backend }) => reduce(backend, 'ReduceSum', inputs.x!, attrs));
  recordKernel('Mean', ({ inputs, attrs, backend }) => reduce(backend, 'ReduceMean', inputs.x!, attrs));
  recordKernel('Max', ({ inputs, attrs, backend }) => reduce(backend, 'ReduceMax', inputs.x!, attrs));
  recordKernel('ArgMax', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const axis = attrs.axis as number;
    const index = backend.graph.node('ArgMax', [backend.plain(x)], { axis: int(axis), keepdims: int(0) });
    const name = backend.graph.node('Cast', [index], { to: int(CAST_TO.int32!) });
    return backend.emit(
      name,
      x.shape.filter((_, i) => i !== (axis + x.shape.length) % x.shape.length),
      'int32',
    );
  });
  recordKernel('Softmax', ({ inputs, attrs, backend }) => {
    const x = inputs.logits!;
    return backend.emit(
      backend.graph.node('Softmax', [backend.plain(x)], { axis: int(attrs.dim as number) }),
      x.shape,
      x.dtype,
    );
  });
  recordKernel('Tile', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const reps = attrs.reps as number[];
    const name = backend.graph.node('Tile', [backend.plain(x), backend.graph.int64(reps)]);
    return backend.emit(
      name,
      x.shape.map((dim, i) => dim * reps[i]!),
      x.dtype,
    );
  });
  recordKernel('Fill', ({ attrs, backend }) => {
    const shape = attrs.shape as number[];
    const dtype = (attrs.dtype as DataType | undefined) ?? 'float32';
    return filled(backend, shape, attrs.value as number, dtype);
  });
  recordKernel('ZerosLike', ({ inputs, backend }) => filled(backend, inputs.x!.shape, 0, inputs.x!.dtype));
  recordKernel('OnesLike', ({ inputs, backend }) => filled(backend, inputs.x!.shape, 1, inputs.x!.dtype));
  recordKernel('Concat', ({ inputs, attrs, backend }) => {
    const tensors = Object.values(inputs);
    const axis = util.parseAxisParam(attrs.axis as number, tensors[0]!.shape)[0]!;
    const shape = backend_util.computeOutShape(
      tensors.map((t) => [...t.shape]),
      axis,
    );
    return backend.emit(
      backend.graph.node(
        'Concat',
        tensors.map((t) => backend.plain(t)),
        { axis: int(axis) },
      ),
      shape,
      tensors[0]!.dtype,
    );
  });
  recordKernel('Slice', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const begin = attrs.begin as number[];
    const size = (attrs.size as number[]).map((length, i) => (length < 0 ? x.shape[i]! - begin[i]! : length));
    const ends = begin.map((start, i) => start + size[i]!);
    const name = backend.graph.node('Slice', [
      backend.plain(x),
      backend.graph.int64(begin),
      backend.graph.int64(ends),
      backend.graph.int64(begin.map((_, i) => i)),
    ]);
    return backend.emit(name, size, x.dtype);
  });
  recordKernel('PadV2', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const paddings = attrs.paddings as [number, number][];
    const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
    const name = backend.graph.node('Pad', [
      backend.plain(x),
      backend.graph.int64(pads),
      backend.graph.float32(attrs.constantValue as number),
    ]);
    return backend.emit(
      name,
      x.shape.map((dim, i) => dim + paddings[i]![0] + paddings[i]![1]),
      x.dtype,
    );
  });
}

function reshape(backend: TraceBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  if (util.arraysEqual(x.shape, [...shape])) return same(backend, x, shape);
  return backend.emit(backend.graph.node('Reshape', [backend.plain(x), backend.graph.int64(shape)]), shape, x.dtype);
}

function reduce(
  backend: TraceBackend,
  op: string,
  x: TensorInfo,
  attrs: Readonly<Record<string, unknown>>,
): TensorInfo {
  const axes = util.parseAxisParam((attrs.reductionIndices ?? attrs.axis) as number | number[], x.shape);
  const keepDims = (attrs.keepDims as boolean | undefined) ?? false;
  const shape = keepDims
    ? x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
    : x.shape.filter((_, i) => !axes.includes(i));
  const value = backend.value(x);
  // What remains after the reduction must not depend on the axis order, or be put back.
  const remains = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const keepsOrder = value.order === null || remains.length <= 1;
  const order = keepsOrder ? value.order : null;
  const name = keepsOrder ? value.name : backend.plain(x);
  const valueAxes = order === null ? axes : axes.map((axis) => order.indexOf(axis));
  if (axes.length === 0) return same(backend, x, shape);
  // ReduceSum takes its axes as an input since opset 13, the others as an attribute until 18.
  const sorted = valueAxes.toSorted((a, b) => a - b);
  const reduced =
    op === 'ReduceSum'
      ? backend.graph.node(op, [name, backend.graph.int64(sorted)], { keepdims: int(0) })
      : backend.graph.node(op, [name], { axes: ints(sorted), keepdims: int(0) });
  if (!keepDims) return backend.emit(reduced, shape, x.dtype);
  return backend.emit(backend.graph.node('Reshape', [reduced, backend.graph.int64(shape)]), shape, x.dtype);
}

function filled(backend: TraceBackend, shape: readonly number[], fill: number, dtype: DataType): TensorInfo {
  const scalar = backend.value({ dataId: backend.write(Float32Array.of(fill), [], dtype), shape: [], dtype });
  if (shape.length === 0) return backend.emit(scalar.name, [], dtype);
  return backend.emit(backend.graph.node('Expand', [scalar.name, backend.graph.int64(shape)]), shape, dtype);
}
