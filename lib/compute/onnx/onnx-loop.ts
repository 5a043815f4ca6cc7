/** A loop whose body is traced once for each set of shapes and run by ONNX Runtime as one graph. */
import * as tf from '@tensorflow/tfjs-core';
import type * as Ort from 'onnxruntime-node';
import { InternalError } from '../../base/errors.ts';
import type { Arrays, LoopStart, NumberArray, StepLoop } from '../step-loop.ts';
import { orderedDims, permute, type AxisOrder } from './axis-order.ts';
import { encodeModel } from './encode-model.ts';
import { pruneGraph, type Port } from './graph.ts';
import { elementType } from './trace-backend.ts';
import { beginTrace } from './trace.ts';

/** The runtime's module, which the caller loads: the package is optional. */
export type OrtModule = typeof Ort;
type Orders = Readonly<Record<string, AxisOrder>>;
type State = Readonly<Record<string, Ort.Tensor>>;

interface Traced {
  readonly model: Uint8Array;
  /** How the new state would lie by itself. */
  readonly orders: Orders;
}

export function startOnnxLoop(
  ort: OrtModule,
  { state: initial, constants, body }: LoopStart,
  { threads, block }: { readonly threads: number; readonly block: number },
): StepLoop {
  const sessions = new Map<string, Promise<Ort.InferenceSession>>();
  // How the state lies between steps: as the gradients come out, so that no step transposes a filter. Known after a first trace.
  let orders: Orders | undefined;
  let arrays: Arrays = initial;
  // Three copies take turns, so that no step allocates one: the state now, the one before it, and the one to write into.
  let state: State | undefined;
  let before: State | undefined;
  let spare: State | undefined;

  const upload = (values: Arrays, lie: Orders): State =>
    Object.fromEntries(
      Object.entries(values).map(([name, { shape, data }]) => {
        // A copy: it is written over in its turn.
        return [name, toOrt(ort, { shape, data: data.slice() }, lie[name] ?? null)];
      }),
    );

  const prepare = async (batch: Arrays): Promise<Ort.InferenceSession> => {
    // A first trace that finds the state lying as its tensors do is the one that is run.
    const first = orders === undefined ? traceBody({ body, constants, batch, block }, arrays, {}) : undefined;
    orders ??= (first as Traced).orders;
    state ??= upload(arrays, orders);
    const shapes = JSON.stringify([shapesOf(arrays), shapesOf(batch)]);
    let session = sessions.get(shapes);
    if (session === undefined) {
      const isPlain = Object.values(orders).every((order) => order === null);
      const { model } =
        first !== undefined && isPlain ? first : traceBody({ body, constants, batch, block }, arrays, orders);
      session = ort.InferenceSession.create(model, {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // Threads that spin while they wait take their core from whatever else runs; alone on the machine they gain nothing measurable.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      sessions.set(shapes, session);
    }
    return session;
  };

  return {
    async run(batch) {
      const session = await prepare(batch);
      const now = state as State;
      const feeds: Record<string, Ort.Tensor> = {};
      for (const name of session.inputNames) {
        const [role, key] = splitName(name);
        feeds[name] = role === 'state' ? (now[key] as Ort.Tensor) : toOrt(ort, batch[key] as NumberArray, null);
      }
      const next = spare ?? upload(arrays, orders as Orders);
      const wanted: Record<string, Ort.Tensor | null> = {};
      for (const name of session.outputNames) {
        const [role, key] = splitName(name);
        wanted[name] = role === 'next' ? (next[key] as Ort.Tensor) : null;
      }
      const outputs = await session.run(feeds, wanted);
      [spare, before, state] = [before, now, next];
      const results: Record<string, Float32Array | Int32Array> = {};
      for (const [name, tensor] of Object.entries(outputs)) {
        const [role, key] = splitName(name);
        if (role === 'result') results[key] = tensor.data as Float32Array | Int32Array;
      }
      return results;
    },
    rollBack() {
      if (before === undefined) throw new InternalError('there is no run to roll back');
      [spare, state, before] = [state, before, undefined];
    },
    setState(values) {
      arrays = values;
      state = before = spare = undefined;
    },
    async readState() {
      return Object.fromEntries(
        Object.entries(arrays).map(([name, array]) => {
          if (state === undefined) return [name, Float32Array.from(array.data)];
          const data = (state[name] as Ort.Tensor).data as Float32Array;
          return [name, permute(data.slice(), array.shape, orders?.[name] ?? null, null)];
        }),
      );
    },
    dispose() {
      for (const session of sessions.values()) void session.then((open) => open.release());
      sessions.clear();
      state = before = spare = undefined;
    },
  };
}

/** Records the body as a model with inputs `state:…` and `batch:…`, outputs `next:…` and `result:…`; constants are inside. */
function traceBody(
  { body, constants, batch, block }: Omit<LoopStart, 'state'> & { readonly batch: Arrays; readonly block: number },
  state: Arrays,
  orders: Orders,
): Traced {
  const trace = beginTrace(block);
  try {
    const inputs = (role: string, arrays: Arrays): Record<string, tf.Tensor> =>
      Object.fromEntries(
        Object.entries(arrays).map(([name, { shape, data }]) => {
          const type = data instanceof Int32Array ? 'int32' : 'float32';
          const order = role === 'state' ? (orders[name] ?? null) : null;
          const value = trace.graph.input(`${role}:${name}`, type, orderedDims(shape, order));
          return [name, trace.tensor(value, shape, type, order)];
        }),
      );
    const frozen = Object.entries(constants).map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]);
    const out = body({
      state: inputs('state', state),
      batch: inputs('batch', batch),
      constants: Object.fromEntries(frozen) as Record<string, tf.Tensor>,
    });
    const ports: Port[] = [];
    const put = (name: string, tensor: tf.Tensor, order: AxisOrder): void => {
      trace.graph.output(name, trace.inOrder(tensor, order));
      ports.push({ name, type: elementType(tensor.dtype), dims: orderedDims(tensor.shape, order) });
    };
    for (const [name, tensor] of Object.entries(out.state)) put(`next:${name}`, tensor, orders[name] ?? null);
    for (const [name, tensor] of Object.entries(out.results)) put(`result:${name}`, tensor, null);
    const found = Object.entries(out.state).map(([name, tensor]) => [name, trace.value(tensor).order]);

    const names = ports.map(({ name }) => name);
    const { nodes, constants: initializers } = pruneGraph(trace.graph, names);
    const used = new Set(nodes.flatMap((node) => node.inputs));
    const feeds = trace.graph.inputs.filter(({ name }) => used.has(name));
    const model = encodeModel({ nodes, constants: initializers, inputs: feeds, outputs: ports });
    return { model, orders: Object.fromEntries(found) as Orders };
  } finally {
    trace.end();
  }
}

function splitName(name: string): [role: string, key: string] {
  const colon = name.indexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}

function shapesOf(arrays: Arrays): unknown {
  return Object.entries(arrays).map(([name, { shape }]) => [name, shape]);
}

function toOrt(ort: OrtModule, { shape, data }: NumberArray, order: AxisOrder): Ort.Tensor {
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, [...shape]);
  return new ort.Tensor('float32', permute(data, shape, null, order), orderedDims(shape, order));
}
