/** Starts the tensor backend that the action key names, with every kernel and gradient that the experiment needs. */
import * as tf from '@tensorflow/tfjs-core';
import { InternalError, UserError } from '../base/errors.ts';
import { BACKEND_NAMES, formatIdentity, type BackendName } from './identify.ts';
import { startEagerLoop } from './eager-loop.ts';
import { registerGradients } from './gradients.ts';
import type { LoopStart, StepLoop } from './step-loop.ts';
import { registerWasmKernels } from './wasm-kernels.ts';

let started: string | null = null;
let makeLoop: (loop: LoopStart) => StepLoop = startEagerLoop;

/** A loop on the backend that startCompute started. */
export function startLoop(loop: LoopStart): StepLoop {
  if (started === null) throw new InternalError('startCompute comes before startLoop');
  return makeLoop(loop);
}

/**
 * Makes `choice` the backend of all further tensor work in this process. A second call with the same choice does nothing.
 * Throws UserError `unknown-compute` for a name that is none, `compute-unavailable` when the backend does not start.
 */
export async function startCompute(choice: {
  readonly backend: string;
  readonly version: string;
  readonly threads: number;
}): Promise<void> {
  const identity = formatIdentity({ ...choice, name: choice.backend });
  if (started === identity) return;
  if (started !== null) throw new InternalError(`one backend a process: got ${identity} after ${started}`);
  const name = choice.backend as BackendName;
  if (!BACKEND_NAMES.includes(name)) {
    throw new UserError('unknown-compute', `"${choice.backend}" is no tensor backend`, {
      hint: `allowed: ${BACKEND_NAMES.join(', ')}`,
    });
  }
  // No checks that read every tensor back, no advertisements; NaN is watched for where it matters, in the training loop.
  tf.enableProdMode();
  const isReady = await start(name, choice.threads).catch((cause: unknown) => {
    throw new UserError('compute-unavailable', `the tensor backend "${name}" did not start: ${String(cause)}`, {
      cause,
    });
  });
  if (!isReady) throw new UserError('compute-unavailable', `the tensor backend "${name}" did not start`);
  registerGradients();
  if (name === 'wasm') registerWasmKernels();
  started = identity;
}

async function start(name: BackendName, threads: number): Promise<boolean> {
  switch (name) {
    case 'onnx': {
      // Since 1.29 its binaries report their use to their maker unless this stands in the environment before they load.
      process.env['ORT_DISABLE_TELEMETRY'] = '1';
      const ort = await import('onnxruntime-node');
      const { startOnnxLoop } = await import('./onnx/onnx-loop.ts');
      const { findBlockSize } = await import('./onnx/block-size.ts');
      const block = await findBlockSize(ort);
      makeLoop = (loop) => startOnnxLoop(ort, loop, { threads, block });
      // For the few operations outside loops.
      await import('@tensorflow/tfjs-backend-cpu');
      return tf.setBackend('cpu');
    }
    case 'tfjs-node': {
      // Read once, when TensorFlow starts. With them, one action key means one thread count and one order of summation.
      process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
      process.env['TF_DETERMINISTIC_OPS'] = '1';
      // Left alone, TensorFlow takes oneDNN on some processors only, and with it sums in another order. Here it was faster.
      process.env['TF_ENABLE_ONEDNN_OPTS'] = '1';
      process.env['TF_CPP_MIN_LOG_LEVEL'] = '1';
      // Named by a variable: the package is optional, so neither the compiler nor the bundler may look for it.
      const packageName: string = '@tensorflow/tfjs-node';
      await import(packageName);
      return tf.setBackend('tensorflow');
    }
    case 'wasm':
      // It finds its .wasm file beside its own code. Under Node it runs one thread, also when asked for more.
      await import('@tensorflow/tfjs-backend-wasm');
      return tf.setBackend('wasm');
    case 'cpu':
      process.stderr.write('compute: plain JavaScript: about fifteen times slower than wasm\n');
      await import('@tensorflow/tfjs-backend-cpu');
      return tf.setBackend('cpu');
    default:
      throw new InternalError(`a backend name: got ${JSON.stringify(name satisfies never)}`);
  }
}
