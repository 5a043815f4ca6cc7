/** Registers a tfjs kernel that records instead of computing. */
import { registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { TRACE_BACKEND, type TraceBackend } from './trace-backend.ts';

export interface Recording {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: TraceBackend;
}

export function recordKernel(kernelName: string, record: (recording: Recording) => TensorInfo | TensorInfo[]): void {
  registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) =>
      record({
        inputs: inputs as Record<string, TensorInfo>,
        attrs: (attrs ?? {}) as Record<string, unknown>,
        backend: backend as TraceBackend,
      }),
  });
}
