/** A tfjs backend that computes nothing: its kernels record ONNX nodes, its tensors are names of values still to come. */
import {
  type backend_util,
  DataStorage,
  KernelBackend,
  engine,
  type DataType,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { InternalError } from '../../base/errors.ts';
import { orderedDims, permutation, type AxisOrder } from './axis-order.ts';
import { GraphBuilder, ints, type ElementType } from './graph.ts';

export const TRACE_BACKEND = 'onnx-trace';

export interface TracedValue {
  readonly kind: 'traced';
  readonly name: string;
  readonly order: AxisOrder;
  readonly shape: readonly number[];
  readonly dtype: DataType;
  /** For a max pool's output: the name of its indices, which its gradient reads. */
  readonly indices?: string;
}

interface ConstantValue {
  readonly kind: 'constant';
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

export class TraceBackend extends KernelBackend {
  readonly #data: DataStorage<TracedValue | ConstantValue>;
  graph = new GraphBuilder();
  /** Channels in a block of the runtime's blocked layout; 1: it has none. */
  block = 1;
  #serial = 0;

  constructor() {
    super();
    this.#data = new DataStorage(this, engine());
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): object {
    const dataId = { id: this.#serial++ };
    this.#data.set(dataId, { kind: 'constant', values: values as ArrayLike<number>, shape, dtype });
    return dataId;
  }
  override move(dataId: object, values: backend_util.BackendValues, shape: number[], dtype: DataType): void {
    this.#data.set(dataId, { kind: 'constant', values: values as ArrayLike<number>, shape, dtype });
  }
  override readSync(dataId: object): never {
    const value = this.#data.get(dataId);
    if (value.kind === 'constant') return value.values as never;
    throw new InternalError(`a compiled function cannot look at a value while it is traced (${value.name})`);
  }
  override async read(dataId: object): Promise<never> {
    return this.readSync(dataId);
  }
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  decRef(): void {}
  override refCount(): number {
    return 1;
  }
  override numDataIds(): number {
    return this.#data.numDataIds();
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override timerAvailable(): boolean {
    return false;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }

  /** Makes a tensor of a recorded value. `shape` is the tensor's. */
  emit(name: string, shape: readonly number[], dtype: DataType, order: AxisOrder = null, indices?: string): TensorInfo {
    const dataId = { id: this.#serial++ };
    this.#data.set(dataId, {
      kind: 'traced',
      name,
      order,
      shape,
      dtype,
      ...(indices === undefined ? {} : { indices }),
    });
    return { dataId, shape: [...shape], dtype };
  }

  /** The recorded value behind a tensor; a constant becomes an initializer of the graph. */
  value(tensor: TensorInfo): TracedValue {
    const value = this.#data.get(tensor.dataId);
    // Tensors share data under several shapes (reshape): the tensor's own shape counts.
    if (value.kind === 'traced') return value;
    const type = elementType(tensor.dtype);
    const bytes = constantBytes(type, value.values);
    return {
      kind: 'traced',
      name: this.graph.constant(type, tensor.shape, bytes),
      order: null,
      shape: tensor.shape,
      dtype: tensor.dtype,
    };
  }

  isConstant(tensor: TensorInfo): boolean {
    return this.#data.get(tensor.dataId).kind === 'constant';
  }

  /** The name of the tensor's value laid out in the wanted order, transposed if need be. */
  inOrder(tensor: TensorInfo, order: AxisOrder): string {
    const value = this.value(tensor);
    return this.#reorder(value, order);
  }

  plain(tensor: TensorInfo): string {
    return this.inOrder(tensor, null);
  }

  #reorder(value: TracedValue, wanted: AxisOrder): string {
    const perm = permutation(value.shape.length, value.order, wanted);
    if (perm.every((axis, i) => axis === i)) return value.name;
    const dims = orderedDims(value.shape, value.order);
    // Moving axes of size one moves no number.
    const kept = perm.filter((axis) => dims[axis] !== 1);
    if (kept.every((axis, i) => i === 0 || axis > (kept[i - 1] as number))) {
      return this.graph.node('Reshape', [value.name, this.graph.int64(perm.map((axis) => dims[axis] as number))]);
    }
    return this.graph.node('Transpose', [value.name], { perm: ints(perm) });
  }
}

export function elementType(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new InternalError(`a compiled function cannot hold ${dtype} tensors`);
}

function constantBytes(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const typed =
    type === 'float32'
      ? Float32Array.from(values)
      : type === 'int32'
        ? Int32Array.from(values)
        : Uint8Array.from(values);
  return new Uint8Array(typed.buffer);
}
