/** The shape of all heavy tensor work here: one pure tfjs function applied again and again to a state and a batch. */
import type { Tensor } from '@tensorflow/tfjs-core';

/** Values of a tensor in its own order, last axis fastest. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type Named<T> = Readonly<Record<string, T>>;
export type Arrays = Named<NumberArray>;

/**
 * Pure: reads its arguments only and decides nothing by their values, since a backend may call it once and replay what it recorded.
 * The new state has the names, shapes and types of the old one.
 */
export type StepBody = (tensors: {
  readonly state: Named<Tensor>;
  readonly batch: Named<Tensor>;
  readonly constants: Named<Tensor>;
}) => { readonly state: Named<Tensor>; readonly results: Named<Tensor> };

export interface LoopStart {
  readonly state: Arrays;
  /** What never changes, such as the weights of an attacked model. */
  readonly constants: Arrays;
  readonly body: StepBody;
}

export interface StepLoop {
  /** Applies the body to the state and `batch`, keeps the new state and returns the results. Shapes may differ from call to call. */
  run(batch: Arrays): Promise<Named<Float32Array | Int32Array>>;
  /** Puts back the state from before the latest run. Once only. */
  rollBack(): void;
  /** Replaces the whole state, for a new start with the same body. */
  setState(state: Arrays): void;
  readState(): Promise<Named<Float32Array>>;
  dispose(): void;
}
