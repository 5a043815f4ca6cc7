/** A loop that calls its body at every step: on tfjs-node, wasm and cpu. */
import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../base/errors.ts';
import type { Arrays, LoopStart, Named, StepLoop } from './step-loop.ts';

export function startEagerLoop({ state: initial, constants: frozen, body }: LoopStart): StepLoop {
  let state = toTensors(initial);
  let before: Named<tf.Tensor> | undefined;
  const constants = toTensors(frozen);

  /** Frees the tensors of `old` that `kept` does not hold. */
  const release = (old: Named<tf.Tensor> | undefined, kept: Named<tf.Tensor>): void => {
    const held = new Set(Object.values(kept));
    for (const tensor of Object.values(old ?? {})) if (!held.has(tensor)) tensor.dispose();
  };

  return {
    async run(arrays) {
      const batch = toTensors(arrays);
      const out = tf.tidy(() => {
        const stepped = body({ state, batch, constants });
        return { state: { ...stepped.state }, results: { ...stepped.results } };
      });
      const results: Record<string, Float32Array | Int32Array> = {};
      for (const [name, tensor] of Object.entries(out.results)) {
        results[name] = (await tensor.data()) as Float32Array | Int32Array;
      }
      release(out.results, { ...out.state, ...state });
      release(batch, out.state);
      release(before, { ...state, ...out.state });
      before = state;
      state = out.state;
      return results;
    },
    rollBack() {
      if (before === undefined) throw new InternalError('there is no run to roll back');
      release(state, before);
      state = { ...before };
      before = undefined;
    },
    setState(arrays) {
      release(state, {});
      release(before, state);
      state = toTensors(arrays);
      before = undefined;
    },
    async readState() {
      const arrays: Record<string, Float32Array> = {};
      for (const [name, tensor] of Object.entries(state)) arrays[name] = Float32Array.from(await tensor.data());
      return arrays;
    },
    dispose() {
      release(before, state);
      release(state, {});
      release(constants, {});
    },
  };
}

function toTensors(arrays: Arrays): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => {
      return [name, tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32')];
    }),
  );
}
