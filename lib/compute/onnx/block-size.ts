/** How many channels ONNX Runtime's blocked layout puts side by side: as many as a vector register of this processor holds. */
import type * as Ort from 'onnxruntime-node';
import { encodeModel } from './encode-model.ts';
import { BLOCKED, GraphBuilder, int } from './graph.ts';

const CHANNELS = 16;
const PLACES = 2;

/** The block's size, found by bringing a few numbers into that layout and looking; 1 where the runtime has no such layout. */
export async function findBlockSize(ort: typeof Ort): Promise<number> {
  const graph = new GraphBuilder();
  const dims = [1, CHANNELS, 1, PLACES];
  const x = graph.input('x', 'float32', dims);
  graph.output('y', graph.node('ReorderInput', [x], { channels_last: int(0) }, BLOCKED));
  const { nodes, constants, inputs } = graph;
  const model = encodeModel({ nodes, constants, inputs, outputs: [{ name: 'y', type: 'float32', dims }] });
  // Where the processor has no such kernels the runtime refuses the model.
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 }).catch(() => null);
  if (session === null) return 1;
  const values = Float32Array.from({ length: CHANNELS * PLACES }, (_, i) => i);
  const { y } = await session.run({ x: new ort.Tensor('float32', values, dims) });
  await session.release();
  // Value 1 is channel 0 at the second place: it comes after the first block.
  return (y?.data as Float32Array).indexOf(1);
}
