/** One recording: from beginTrace to end, tfjs calls go into a graph. */
import { engine, getBackend, registerBackend, setBackend, type DataType, type Tensor } from '@tensorflow/tfjs-core';
import { GraphBuilder } from './graph.ts';
import { registerElementwiseKernels } from './kernels-elementwise.ts';
import { registerMatrixKernels } from './kernels-matrix.ts';
import { registerShapeKernels } from './kernels-shape.ts';
import type { AxisOrder } from './axis-order.ts';
import { TRACE_BACKEND, TraceBackend, type TracedValue } from './trace-backend.ts';

export interface Trace {
  readonly graph: GraphBuilder;
  /** A tensor that stands for a recorded value. */
  tensor(name: string, shape: readonly number[], dtype: DataType, order: AxisOrder): Tensor;
  value(tensor: Tensor): TracedValue;
  inOrder(tensor: Tensor, order: AxisOrder): string;
  /** Frees the trace's tensors and gives tfjs its backend back. */
  end(): void;
}

let registered: TraceBackend | undefined;

/**
 * Makes every tfjs call from here to `end()` record instead of compute. Not reentrant. `block`: channels in a block of the runtime's
 * blocked layout, see block-size.ts.
 */
export function beginTrace(block: number): Trace {
  if (registered === undefined) {
    const created = new TraceBackend();
    registered = created;
    // The lowest priority: tfjs must never choose it by itself.
    registerBackend(TRACE_BACKEND, () => created, -1);
    registerElementwiseKernels();
    registerShapeKernels();
    registerMatrixKernels();
  }
  const backend = registered;
  const before = getBackend();
  setBackend(TRACE_BACKEND);
  backend.graph = new GraphBuilder();
  backend.block = block;
  engine().startScope('trace');
  return {
    graph: backend.graph,
    tensor: (name, shape, dtype, order) => engine().makeTensorFromTensorInfo(backend.emit(name, shape, dtype, order)),
    value: (tensor) => backend.value(tensor),
    inOrder: (tensor, order) => backend.inOrder(tensor, order),
    end: () => {
      engine().endScope();
      if (before) setBackend(before);
    },
  };
}
